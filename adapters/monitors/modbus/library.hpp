// libmodbus, and nothing else of it than this: the only pair of files that sees modbus.h.
//
// One context for each link, used by one thread at a time. Over TCP it takes a whole answer that is
// there to be read; over a serial line it opens the device, sets the line and frames requests.
// Error recovery of the library is off: it sleeps, and writes again what was asked once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "adapters/monitors/modbus/rtu.hpp"

struct _modbus; // libmodbus's context

namespace magwatch::adapters::modbus
{

class Library
{
public:
    [[nodiscard]] static Library over_tcp();
    // Nothing if the library refuses the settings.
    [[nodiscard]] static std::optional<Library> over_serial(const SerialSettings& settings);

    void use_socket(int descriptor); // connected; -1: none
    // Reads one answer of TCP into `frame` (268 bytes); its size, or less than 1.
    [[nodiscard]] int receive(std::uint8_t* frame);

    // Opens the serial device and sets the line; 0, or the error as errno.
    [[nodiscard]] int open();
    void close(); // of a serial device; what was not sent yet is dropped
    [[nodiscard]] int descriptor() const;
    // Sends unit, function, address and count with their checksum; false: the device is gone.
    [[nodiscard]] bool send(const Request& request);

private:
    struct Free {
        void operator()(_modbus* context) const;
    };
    explicit Library(_modbus* context);
    std::unique_ptr<_modbus, Free> context_;
};

} // namespace magwatch::adapters::modbus
