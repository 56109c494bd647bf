#include "daemon/audit/keys.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/pagers/signing.hpp"
#include "runtime/ascii.hpp"
#include "runtime/whole_file.hpp"

namespace magwatch::audit
{
namespace
{

constexpr std::size_t key_bytes = 32;
constexpr std::string_view title = "magwatch audit key 1\n";
constexpr std::string_view next_word = "magwatch audit: the next key";

std::string why(const std::string& path)
{
    return path + ": " + std::generic_category().message(errno);
}

// "name VALUE\n", taken off the text.
std::optional<std::string_view> line_value(std::string_view& text, std::string_view name)
{
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with(name) || end < name.size()) return std::nullopt;
    const std::string_view value = text.substr(name.size(), end - name.size());
    text.remove_prefix(end + 1);
    return value;
}

// The blocks that held a key hold nothing, as far as the file system writes in place.
bool overwrite(int file)
{
    struct stat found {
    };
    if (::fstat(file, &found) != 0) return false;
    const std::string nothing(static_cast<std::size_t>(found.st_size), '\0');
    return ::pwrite(file, nothing.data(), nothing.size(), 0) == static_cast<ssize_t>(nothing.size()) &&
           ::fsync(file) == 0;
}

} // namespace

Key::~Key()
{
    if (!bytes.empty()) sodium_memzero(bytes.data(), bytes.size());
}

std::optional<Key> fresh_key()
{
    if (sodium_init() < 0) return std::nullopt;
    Key key{0, std::string(key_bytes, '\0')};
    randombytes_buf(key.bytes.data(), key.bytes.size());
    return key;
}

Key next_key(const Key& key)
{
    return {key.number + 1, adapters::hmac_sha256(key.bytes, next_word)};
}

std::string key_text(const Key& key, std::string_view trail)
{
    return fmt::format("{}trail {}\nnumber {}\nkey {}\n", title, trail, key.number, hex(key.bytes));
}

std::variant<KeyFile, std::string> read_key_text(std::string_view text)
{
    const std::string wrong{not_a_key};
    if (!text.starts_with(title)) return wrong;
    text.remove_prefix(title.size());
    const auto trail = line_value(text, "trail "), number = line_value(text, "number "),
               key = line_value(text, "key ");
    if (!trail || !number || !key || !text.empty()) return wrong;
    KeyFile out{{0, std::string(key_bytes, '\0')}, std::string{*trail}};
    const auto [end, error] = std::from_chars(number->data(), number->data() + number->size(), out.key.number);
    std::size_t got = 0;
    if (error != std::errc{} || end != number->data() + number->size() || key->size() != key_bytes * 2 ||
        sodium_hex2bin(reinterpret_cast<unsigned char*>(out.key.bytes.data()), key_bytes, key->data(), key->size(),
                       nullptr, &got, nullptr) != 0 ||
        got != key_bytes)
        return wrong;
    return out;
}

std::optional<std::variant<KeyFile, std::string>> read_key_file(const std::string& path)
{
    using Read = std::variant<KeyFile, std::string>;
    const int in = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0 && errno == ENOENT) return std::nullopt;
    if (in < 0) return Read{why(path)};
    std::string text(1024, '\0');
    const ssize_t got = ::read(in, text.data(), text.size());
    ::close(in);
    if (got < 0) return Read{why(path)};
    Read read = read_key_text({text.data(), static_cast<std::size_t>(got)});
    sodium_memzero(text.data(), text.size());
    if (const auto* wrong = std::get_if<std::string>(&read)) return Read{path + ": " + *wrong};
    return read;
}

std::string replace_key_file(const std::string& path, const Key& key, std::string_view trail)
{
    const int before = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    std::string text = key_text(key, trail);
    std::string wrong = write_whole(path, text);
    sodium_memzero(text.data(), text.size());
    if (before >= 0) {
        if (wrong.empty() && !overwrite(before)) wrong = why(path);
        ::close(before);
    }
    return wrong;
}

std::string erase_file(const std::string& path)
{
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) return why(path);
    std::string wrong = overwrite(file) ? "" : why(path);
    ::close(file);
    if (wrong.empty() && ::unlink(path.c_str()) != 0) wrong = why(path);
    return wrong;
}

} // namespace magwatch::audit
