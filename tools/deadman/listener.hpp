// Takes heartbeats: POST /heartbeat over HTTP/1.1, with TLS anywhere but on loopback; one request a connection.
//
// Lives on the io_context thread. Bounds: 8 KiB of header, 64 KiB of body, 5 s for a handshake and a header, 10 s for
// the rest, 64 connections and 8 of one address; who exceeds them is closed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>

#include "tools/deadman/config.hpp"
#include "tools/deadman/signature.hpp"

namespace magwatch::deadman {

struct TlsMistake {
    const char* key; // of [listen]
    std::string why;
};
// Why nobody could be answered over TLS with this certificate and key; nothing: with none, or with good ones.
[[nodiscard]] std::optional<TlsMistake> tls_mistake(const ListenConfig& config);

// What a message is worth, as an HTTP status.
using Judge = std::function<unsigned(Signed)>;

class Listener {
public:
    // Throws std::exception if it cannot listen.
    Listener(boost::asio::io_context& io, const ListenConfig& config, Judge judge);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    // The certificate of connections from now on. Throws std::exception if it cannot be used, and keeps the old one.
    void use(const ListenConfig& config);

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace magwatch::deadman
