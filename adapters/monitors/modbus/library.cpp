#include "adapters/monitors/modbus/library.hpp"

#include <cerrno>

#include <modbus.h>
#include <termios.h>

#include "rules/base/assert.hpp"

namespace magwatch::adapters::modbus
{

void Library::Free::operator()(_modbus* context) const
{
    modbus_free(context);
}

Library::Library(_modbus* context) : context_{context}
{
    // It has nothing to wait for; should that ever be wrong, it may cost a millisecond and no more.
    modbus_set_response_timeout(context_.get(), 0, 1000);
    modbus_set_byte_timeout(context_.get(), 0, 0);
    modbus_set_error_recovery(context_.get(), MODBUS_ERROR_RECOVERY_NONE);
}

Library Library::over_tcp()
{
    // The address is not used: the library is handed a connected socket.
    _modbus* context = modbus_new_tcp("127.0.0.1", MODBUS_TCP_DEFAULT_PORT);
    MAGWATCH_ASSERT(context != nullptr);
    return Library{context};
}

std::optional<Library> Library::over_serial(const SerialSettings& settings)
{
    _modbus* context = modbus_new_rtu(settings.path.c_str(), static_cast<int>(settings.baud),
                                      static_cast<char>(settings.parity), 8, settings.stop_bits);
    if (context == nullptr) return std::nullopt;
    return Library{context};
}

void Library::use_socket(int descriptor)
{
    modbus_set_socket(context_.get(), descriptor);
}

int Library::receive(std::uint8_t* frame)
{
    return modbus_receive_confirmation(context_.get(), frame);
}

int Library::open()
{
    errno = 0;
    if (modbus_connect(context_.get()) == 0) return 0;
    return errno != 0 ? errno : EIO;
}

void Library::close()
{
    // Closing would wait for a line that takes nothing more.
    if (descriptor() >= 0) tcflush(descriptor(), TCIOFLUSH);
    modbus_close(context_.get());
}

int Library::descriptor() const
{
    return modbus_get_socket(context_.get());
}

bool Library::send(const Request& request)
{
    const auto bytes = rtu_request(request);
    // The library puts the checksum behind: the two last bytes stay here.
    return modbus_send_raw_request(context_.get(), bytes.data(), rtu_request_size - 2) ==
           static_cast<int>(rtu_request_size);
}

} // namespace magwatch::adapters::modbus
