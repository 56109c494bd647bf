// The daemon's API by its Unix socket.
#pragma once

#include <optional>
#include <string>

#include "tools/magwatch/shell.hpp"

namespace magwatch::cli
{

struct Answer {
    long status = 0;
    Json body;
    [[nodiscard]] bool good() const { return status >= 200 && status < 300; }
};

// What came back, whatever it is; `error` in words if nothing did.
struct Fetched {
    long status = 0;
    std::string text, error;
};

class Client
{
public:
    explicit Client(const Shell& shell) : shell_{shell} {}

    // Says nothing to anybody.
    [[nodiscard]] Fetched fetch(const std::string& path, const Json* body = nullptr) const;
    // The body of a GET, or nullopt with `exit_code` set and the reason said.
    [[nodiscard]] std::optional<Json> get(const std::string& path, int& exit_code) const;
    // Sends a change and prints what the ward said. The exit code.
    [[nodiscard]] int post(const std::string& path, const Json& body) const;
    // As post(), but the ward's answer comes back instead of being printed; nullopt with `exit_code` set, and the
    // reason said, if it is no good one.
    [[nodiscard]] std::optional<Json> change(const std::string& path, const Json& body, int& exit_code) const;
    // As post(), for a body with an idempotency key: asked again while the ward has not confirmed
    // it.
    [[nodiscard]] int post_entry(const std::string& path, const Json& body) const;

private:
    [[nodiscard]] std::optional<Answer> call(const std::string& path, const Json* body) const;
    [[nodiscard]] int finish(const std::optional<Answer>& answer) const;
    const Shell& shell_;
};

// A key that no other client makes.
[[nodiscard]] std::string fresh_key();
// For a path: everything but letters, digits, '-', '.', '_' and '~' escaped.
[[nodiscard]] std::string escaped(const std::string& text);

} // namespace magwatch::cli
