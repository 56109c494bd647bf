#include "adapters/monitors/modbus/serial_link.hpp"

#include <system_error>
#include <utility>

namespace asio = boost::asio;

namespace magwatch::adapters::modbus
{
namespace
{

// Its last component tells one line from another: "ttyUSB0".
std::string thread_name(const std::string& path)
{
    return "rtu " + path.substr(path.rfind('/') + 1);
}

} // namespace

SerialLink::SerialLink(const SerialSettings& settings)
    : thread_name_{thread_name(settings.path)}, port_{settings}
{
}

SerialLink::~SerialLink()
{
    interrupt();
    if (lane_) lane_->stop();
}

void SerialLink::close()
{
    open_ = used_ = false;
    if (lane_) lane_->post([this] { port_.close(); });
}

// A thread that is not to be had now may be later: no reason to end those that watch other lines.
bool SerialLink::has_thread()
{
    if (lane_) return true;
    try {
        lane_.emplace(thread_name_);
    } catch (const std::system_error&) {
        return false;
    }
    return true;
}

LinkReply SerialLink::take(std::optional<SerialReply> outcome)
{
    LinkReply out;
    out.reason = "stopped";
    open_ = outcome && outcome->open;
    if (!outcome) return out;
    data_ = std::move(outcome->data);
    out = outcome->reply;
    out.data = data_;
    return out;
}

asio::awaitable<LinkReply> SerialLink::connect(Time)
{
    if (!has_thread()) {
        LinkReply none;
        none.result = LinkResult::connect_failed;
        none.reason = "no thread to be had for the line";
        co_return none;
    }
    auto work = [this] { return port_.open(); };
    auto outcome = co_await run_blocking(*lane_, std::move(work));
    used_ = false;
    co_return take(std::move(outcome));
}

asio::awaitable<LinkReply> SerialLink::exchange(Request request, Time deadline)
{
    const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    auto work = [this, request, timeout] { return port_.exchange(request, timeout); };
    auto outcome = co_await run_blocking(*lane_, std::move(work));
    const LinkReply reply = take(std::move(outcome));
    if (reply.result == LinkResult::ok || reply.result == LinkResult::exception) used_ = true;
    co_return reply;
}

} // namespace magwatch::adapters::modbus
