// A peer in Python or Perl in a process of its own: started on a free port, its lines read with a deadline, ended with
// the test.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <sys/types.h>

namespace magwatch::testing_support {

class Peer {
public:
    // Waits for the line "READY PORT" (or "READY http=PORT ...").
    Peer(const std::string& script, std::vector<std::string> arguments);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] const std::string& ready_line() const { return ready_; }
    // The next line; nullopt once `limit` is over or the peer has ended.
    std::optional<std::string> line(std::chrono::milliseconds limit = std::chrono::seconds{30});
    // The next line as JSON, skipping others; a discarded value if there is none.
    nlohmann::json report(std::chrono::milliseconds limit = std::chrono::seconds{30});

private:
    pid_t pid_ = -1;
    int out_ = -1;
    std::string buffer_, ready_;
    std::uint16_t port_ = 0;
};

// A port that was free a moment ago and has no listener.
[[nodiscard]] std::uint16_t closed_port();

// Runs a program and waits; true if it ended with 0.
bool run(std::vector<std::string> command);

} // namespace magwatch::testing_support
