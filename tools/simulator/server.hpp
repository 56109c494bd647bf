// Puts a stage (a simulated ward, a recording) on the network: Modbus TCP devices, an HL7 gateway, a control socket.
//
// One thread, one epoll; every reply is written in the turn in which its request was read. Times come from
// CLOCK_MONOTONIC and the wall clock, and only here. Listens on loopback.
// Ports: a device listens on the base port plus its offset.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tools/simulator/stage.hpp"

namespace magwatch::simulator {

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t modbus_base_port = 1502;
    std::string mllp_host; // "" = no gateway
    std::uint16_t mllp_port = 2575;
    std::string control_path;  // Unix socket; "" = none
    bool control_stdin = false;
    bool json_story = false;
    std::function<void()> on_turn; // after every turn, ten times a second or more
};

class Server {
public:
    // Throws std::runtime_error with words for people where a port or path cannot be had.
    Server(Stage& stage, const ServerOptions& options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Until SIGINT or SIGTERM, the command `quit`, the stage is over, or `run_ms` are (0: never).
    void run(std::int64_t run_ms = 0);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace magwatch::simulator
