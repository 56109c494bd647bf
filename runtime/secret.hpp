// A secret: a value that cannot be printed, copied by accident or left behind in memory.
//
// Loaded from a systemd credential, or from a file that nobody else may read; never from the
// configuration itself or the environment. Not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include <fmt/format.h>

namespace magwatch {

class Secret
{
public:
    explicit Secret(std::string value) : value_{std::move(value)} {}
    ~Secret();
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    // For the one call that needs it (an HMAC, a password of a session).
    [[nodiscard]] std::string_view reveal() const { return value_; }
    [[nodiscard]] Secret copy() const { return Secret{value_}; }

private:
    std::string value_;
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;

struct SecretError {
    std::string reason; // names the credential or file, never the value
};

// True for "credential:NAME" and "file:/absolute/path".
[[nodiscard]] bool is_secret_reference(std::string_view reference);

// "credential:NAME" is the file NAME in $CREDENTIALS_DIRECTORY; "file:/path" a file that only its
// owner may read. At most 64 KiB; one line end at the end is not part of the secret; an empty
// secret is refused.
[[nodiscard]] std::variant<Secret, SecretError> load_secret(std::string_view reference);

} // namespace magwatch

template <> struct fmt::formatter<magwatch::Secret> {
    formatter() = delete;
};
