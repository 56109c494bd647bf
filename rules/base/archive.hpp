// State to bytes and back: one `archive` member names the fields of a type once, for both directions.
//
// Pure. Little-endian; integers as (zigzag) LEB128, doubles as their eight bytes, containers as a count
// and their items. Reading checks every length against what is left and never allocates more than the
// input could hold: damaged bytes give `Reader::ok() == false`, never a crash. Equal values give equal
// bytes on every machine, which is what journals, snapshots and determinism tests compare.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "rules/base/instant.hpp"

namespace magwatch {

using Bytes = std::vector<std::uint8_t>;

// The layout of all types together. A type that gets a field asks the archive for its format, so that what an older
// program wrote is still read: `if (a.format() >= 9) a(field);`. Writing is always in the newest.
inline constexpr std::uint32_t newest_format = 12;

template <class T, class Archive>
concept HasArchive = requires(T& t, Archive& a) { t.archive(a); };

class Writer {
public:
    static constexpr bool reading = false;
    explicit Writer(Bytes& out) : out_{out} {}
    [[nodiscard]] static constexpr std::uint32_t format() { return newest_format; }

    template <class... T> void operator()(const T&... fields) { (put(fields), ...); }

    void varint(std::uint64_t v)
    {
        if (v < 0x80) return out_.push_back(static_cast<std::uint8_t>(v));
        std::array<std::uint8_t, 10> bytes; // together: each push_back asks for room
        std::size_t n = 0;
        for (; v >= 0x80; v >>= 7) bytes[n++] = static_cast<std::uint8_t>(v | 0x80);
        bytes[n++] = static_cast<std::uint8_t>(v);
        raw(bytes.data(), n);
    }
    void raw(const void* data, std::size_t n)
    {
        const auto* p = static_cast<const std::uint8_t*>(data);
        out_.insert(out_.end(), p, p + n);
    }

private:
    template <class T> void put(const T& v)
    {
        if constexpr (std::is_same_v<T, bool>) {
            out_.push_back(v ? 1 : 0);
        } else if constexpr (std::is_enum_v<T>) {
            put(static_cast<std::underlying_type_t<T>>(v));
        } else if constexpr (std::is_same_v<T, std::uint8_t>) {
            out_.push_back(v);
        } else if constexpr (std::is_integral_v<T> && std::is_unsigned_v<T>) {
            varint(v);
        } else if constexpr (std::is_integral_v<T>) {
            const auto s = static_cast<std::int64_t>(v);
            varint((static_cast<std::uint64_t>(s) << 1) ^ static_cast<std::uint64_t>(s >> 63));
        } else if constexpr (std::is_floating_point_v<T>) {
            auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(v));
            std::array<std::uint8_t, 8> bytes;
            for (auto& byte : bytes) {
                byte = static_cast<std::uint8_t>(bits);
                bits >>= 8;
            }
            raw(bytes.data(), bytes.size());
        } else {
            // `archive` is one member for both directions; writing does not change the object.
            const_cast<T&>(v).archive(*this);
        }
    }
    void put(const std::string& s)
    {
        varint(s.size());
        raw(s.data(), s.size());
    }
    void put(const Duration& d) { put(static_cast<std::int64_t>(d.count())); }
    void put(const Instant& t) { put(t.ms); }
    void put(const WallTime& t) { put(t.ms); }
    template <class T> void put(const std::vector<T>& v) { put_items(v); }
    template <class T> void put(const std::deque<T>& v) { put_items(v); }
    template <class Items> void put_items(const Items& v)
    {
        varint(v.size());
        for (const auto& item : v) put(static_cast<const typename Items::value_type&>(item));
    }
    template <class T, std::size_t N> void put(const std::array<T, N>& v)
    {
        for (const auto& item : v) put(item);
    }
    template <class T> void put(const std::optional<T>& v)
    {
        put(v.has_value());
        if (v) put(*v);
    }
    template <class A, class B> void put(const std::pair<A, B>& v)
    {
        put(v.first);
        put(v.second);
    }
    template <class K, class V> void put(const std::map<K, V>& v)
    {
        varint(v.size());
        for (const auto& [key, value] : v) {
            put(key);
            put(value);
        }
    }
    template <class... T> void put(const std::variant<T...>& v)
    {
        varint(v.index());
        std::visit([this](const auto& alternative) { this->put(alternative); }, v);
    }

    Bytes& out_;
};

class Reader {
public:
    static constexpr bool reading = true;
    explicit Reader(std::string_view in)
        : p_{reinterpret_cast<const std::uint8_t*>(in.data())}, end_{p_ + in.size()}
    {
    }
    explicit Reader(const Bytes& in) : p_{in.data()}, end_{in.data() + in.size()} {}

    template <class... T> void operator()(T&... fields) { (get(fields), ...); }

    [[nodiscard]] std::uint32_t format() const { return format_; }
    void set_format(std::uint32_t format) { format_ = format; }

    // False once any read ran past the end or met an impossible value; the fields are then meaningless.
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - p_); }
    [[nodiscard]] bool done() const { return ok_ && p_ == end_; }
    void fail()
    {
        ok_ = false;
        p_ = end_;
    }

    std::uint64_t varint()
    {
        std::uint64_t v = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (p_ == end_) {
                fail();
                return 0;
            }
            const std::uint8_t byte = *p_++;
            v |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if ((byte & 0x80) == 0) return v;
        }
        fail();
        return 0;
    }
    // A count of items of which each takes at least one byte.
    std::size_t count()
    {
        const std::uint64_t n = varint();
        if (n > left()) {
            fail();
            return 0;
        }
        return static_cast<std::size_t>(n);
    }

private:
    template <class T> void get(T& v)
    {
        if constexpr (std::is_same_v<T, bool>) {
            std::uint8_t byte = 0;
            get(byte);
            if (byte > 1) fail();
            v = byte == 1;
        } else if constexpr (std::is_enum_v<T>) {
            std::underlying_type_t<T> raw{};
            get(raw);
            v = static_cast<T>(raw);
        } else if constexpr (std::is_same_v<T, std::uint8_t>) {
            if (p_ == end_) {
                fail();
                return;
            }
            v = *p_++;
        } else if constexpr (std::is_integral_v<T> && std::is_unsigned_v<T>) {
            const std::uint64_t raw = varint();
            v = static_cast<T>(raw);
            if (v != raw) fail();
        } else if constexpr (std::is_integral_v<T>) {
            const std::uint64_t raw = varint();
            const auto wide = static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
            v = static_cast<T>(wide);
            if (v != wide) fail();
        } else if constexpr (std::is_floating_point_v<T>) {
            if (left() < 8) {
                fail();
                return;
            }
            std::uint64_t bits = 0;
            for (int i = 0; i < 8; ++i) bits |= static_cast<std::uint64_t>(*p_++) << (8 * i);
            v = static_cast<T>(std::bit_cast<double>(bits));
        } else {
            v.archive(*this);
        }
    }
    void get(std::string& s)
    {
        const std::size_t n = count();
        s.assign(reinterpret_cast<const char*>(p_), n);
        p_ += n;
    }
    void get(Duration& d)
    {
        std::int64_t n = 0;
        get(n);
        d = Duration{n};
    }
    void get(Instant& t) { get(t.ms); }
    void get(WallTime& t) { get(t.ms); }
    template <class T> void get(std::vector<T>& v) { get_items(v); }
    template <class T> void get(std::deque<T>& v) { get_items(v); }
    template <class Items> void get_items(Items& v)
    {
        const std::size_t n = count();
        v.clear();
        for (std::size_t i = 0; i < n && ok_; ++i) {
            typename Items::value_type item{};
            get(item);
            v.push_back(std::move(item));
        }
    }
    template <class T, std::size_t N> void get(std::array<T, N>& v)
    {
        for (auto& item : v) get(item);
    }
    template <class T> void get(std::optional<T>& v)
    {
        bool present = false;
        get(present);
        v.reset();
        if (!present) return;
        T item{};
        get(item);
        v = std::move(item);
    }
    template <class A, class B> void get(std::pair<A, B>& v)
    {
        get(v.first);
        get(v.second);
    }
    template <class K, class V> void get(std::map<K, V>& v)
    {
        const std::size_t n = count();
        v.clear();
        for (std::size_t i = 0; i < n && ok_; ++i) {
            K key{};
            V value{};
            get(key);
            get(value);
            v.insert_or_assign(std::move(key), std::move(value));
        }
    }
    template <class... T> void get(std::variant<T...>& v)
    {
        const std::uint64_t index = varint();
        if (index >= sizeof...(T)) {
            fail();
            return;
        }
        // In place: an alternative may be large, and most are small.
        using Fill = void (*)(Reader&, std::variant<T...>&);
        static constexpr Fill fill[] = {
            +[](Reader& in, std::variant<T...>& to) { in.get(to.template emplace<T>()); }...};
        fill[index](*this, v);
    }

    const std::uint8_t* p_;
    const std::uint8_t* end_;
    std::uint32_t format_ = newest_format;
    bool ok_ = true;
};

template <class T> [[nodiscard]] Bytes to_bytes(const T& value)
{
    Bytes out;
    out.reserve(256); // most that is encoded alone: it would grow there by eight steps
    Writer{out}(value);
    return out;
}

template <class T> [[nodiscard]] std::optional<T> from_bytes(std::string_view bytes)
{
    Reader in{bytes};
    T value{};
    in(value);
    if (!in.done()) return std::nullopt;
    return value;
}

inline std::string_view as_text(const Bytes& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// The first `n` items of an array over an enumeration that grew since; the others stay as they are.
template <class Archive, class T, std::size_t N> void archive_first(Archive& a, std::array<T, N>& v, std::size_t n)
{
    for (std::size_t i = 0; i < std::min(n, N); ++i) a(v[i]);
}

} // namespace magwatch
