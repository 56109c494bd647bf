#include "runtime/secret.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace magwatch {

namespace {

constexpr std::string_view credential_prefix = "credential:";
constexpr std::string_view file_prefix = "file:";
constexpr std::size_t longest_secret = 64 * 1024;

bool is_credential_name(std::string_view name)
{
    return !name.empty() && name.front() != '.' && name.size() <= 255 &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-' || c == '.';
           });
}

void erase(std::string& value)
{
    explicit_bzero(value.data(), value.size());
    value.clear();
}

std::variant<Secret, SecretError> read_secret(const std::string& path, const std::string& what,
                                              bool private_only)
{
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return SecretError{what + ": " + std::generic_category().message(errno)};
    struct stat info {
    };
    std::string problem;
    std::string value(longest_secret + 1, '\0');
    std::size_t size = 0;
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        problem = "is not a regular file";
    } else if (private_only && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        problem = "may be read by others: chmod 600";
    } else {
        ssize_t n = 0;
        while (size < value.size() &&
               (n = ::read(fd, value.data() + size, value.size() - size)) > 0)
            size += static_cast<std::size_t>(n);
        if (n < 0) problem = std::generic_category().message(errno);
        if (size > longest_secret) problem = "is longer than 64 KiB";
    }
    ::close(fd);
    value.resize(size);
    if (!value.empty() && value.back() == '\n') value.pop_back();
    if (!value.empty() && value.back() == '\r') value.pop_back();
    if (problem.empty() && value.empty()) problem = "is empty";
    if (problem.empty()) return Secret{std::move(value)};
    erase(value);
    return SecretError{what + " " + problem};
}

} // namespace

Secret::~Secret()
{
    erase(value_);
}

Secret::Secret(Secret&& other) noexcept : value_{other.value_}
{
    erase(other.value_);
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    if (this == &other) return *this;
    erase(value_);
    value_ = other.value_;
    erase(other.value_);
    return *this;
}

bool is_secret_reference(std::string_view reference)
{
    if (reference.starts_with(credential_prefix))
        return is_credential_name(reference.substr(credential_prefix.size()));
    return reference.starts_with(file_prefix) &&
           reference.substr(file_prefix.size()).starts_with('/');
}

std::variant<Secret, SecretError> load_secret(std::string_view reference)
{
    if (!is_secret_reference(reference))
        return SecretError{"a secret is given as \"credential:NAME\" or \"file:/path\""};
    if (reference.starts_with(file_prefix)) {
        const std::string path{reference.substr(file_prefix.size())};
        return read_secret(path, "secret file " + path, true);
    }
    const std::string credential{reference.substr(credential_prefix.size())};
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr)
        return SecretError{
            "credential " + credential +
            ": $CREDENTIALS_DIRECTORY is not set (systemd sets it from LoadCredential=)"};
    return read_secret(std::string{directory} + "/" + credential, "credential " + credential,
                       false);
}

} // namespace magwatch
