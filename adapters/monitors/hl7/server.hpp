// HL7 v2 over MLLP as a server: the Asio session around Ingest.
//
// Runs on the executor's one thread; every call to it must be made there. Each connection is a
// coroutine: receive, push everything the whole frames hold, wait until the sink has committed,
// answer. Many connections wait on one commit. Bounds: connections in all and per address, bytes of
// a message, time inside a frame and for taking an answer (both 30 s); none between frames, where
// silence is normal. A message that cannot be stored is answered AE or CE, never AA or CA. The sink
// must outlive the sessions: stop() the server, then the task group, then let go of the sink.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <string>

#include "adapters/monitors/hl7/ingest.hpp"
#include "runtime/task_group.hpp"

namespace magwatch::adapters::hl7
{

class Hl7Server
{
public:
    // Its coroutines live in `tasks`, on `executor`. `clock` gives our wall time.
    Hl7Server(boost::asio::any_io_executor executor, TaskGroup& tasks, Hl7Config config,
              ObservationSink& sink, std::function<WallTime()> clock);
    ~Hl7Server(); // stops
    Hl7Server(const Hl7Server&) = delete;
    Hl7Server& operator=(const Hl7Server&) = delete;

    // Listens. Where it cannot it goes on trying, and the senders are shown as not connected.
    void start();
    // Why it cannot listen yet; "": it does.
    [[nodiscard]] const std::string& why_deaf() const;
    // A message that was taken before a restart. Before start().
    void remember(const MessageSeen& message);
    // Takes a new configuration; a new address or port is listened on first, and if that throws
    // nothing has changed. Sessions go on.
    void reconfigure(Hl7Config config);
    // Hears nothing new; sessions end as soon as their answer is out.
    void stop();

    [[nodiscard]] std::uint16_t port() const; // that it listens on
    [[nodiscard]] const Hl7Counters& counters() const;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

} // namespace magwatch::adapters::hl7
