// The keys of the audit trail. Each signs the rows of an hour; the next one is made from it and it is erased, so that
// whoever takes the machine can sign what comes, and not change what was. The first one makes all the others: it is the
// verify key, and belongs somewhere else.
//
// Blocking where a file is named; no thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace magwatch::audit
{

struct Key {
    std::uint64_t number = 0;
    std::string bytes; // 32 of them
    Key() = default;
    Key(std::uint64_t n, std::string b) : number{n}, bytes{std::move(b)} {}
    ~Key();
    Key(const Key&) = default;
    Key(Key&&) noexcept = default;
    Key& operator=(const Key&) = default;
    Key& operator=(Key&&) noexcept = default;
};

// Random; nothing if there is no randomness to be had.
[[nodiscard]] std::optional<Key> fresh_key();
// There is no way back.
[[nodiscard]] Key next_key(const Key& key);

// In lines of text, as they stand in a file.
[[nodiscard]] std::string key_text(const Key& key, std::string_view trail);
struct KeyFile {
    Key key;
    std::string trail; // which trail it belongs to: the name in the first row
};
inline constexpr std::string_view not_a_key = "not a key of an audit trail";
// `not_a_key` if it is none.
[[nodiscard]] std::variant<KeyFile, std::string> read_key_text(std::string_view text);

// Nothing if there is no such file; a reason that ends with `not_a_key` if it holds none.
[[nodiscard]] std::optional<std::variant<KeyFile, std::string>> read_key_file(const std::string& path);
// In place of the one before, mode 0600, and the bytes of that one overwritten. "" or the reason.
[[nodiscard]] std::string replace_key_file(const std::string& path, const Key& key, std::string_view trail);
// Overwritten, then removed. "" or the reason.
[[nodiscard]] std::string erase_file(const std::string& path);

} // namespace magwatch::audit
