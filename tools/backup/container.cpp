#include "tools/backup/container.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>
#include <sodium.h>
#include <zstd.h>

namespace magwatch::backup
{
namespace
{

constexpr std::size_t piece = 1U << 17; // read and written at once
constexpr int level = 3;
constexpr int largest_window = 27; // log2 of what a reader gives memory for: 128 MiB, far above level 3's

[[noreturn]] void fail(const std::string& what)
{
    throw BackupError{what + ": " + std::generic_category().message(errno)};
}

class File
{
public:
    File(const std::string& path, int flags) : path_{path}, fd_{::open(path.c_str(), flags | O_CLOEXEC, 0600)}
    {
        if (fd_ < 0) fail(path);
    }
    ~File() { ::close(fd_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::size_t read(char* to, std::size_t size) const
    {
        for (;;) {
            const ssize_t got = ::read(fd_, to, size);
            if (got >= 0) return static_cast<std::size_t>(got);
            if (errno != EINTR) fail(path_);
        }
    }
    void write(const char* from, std::size_t size) const
    {
        while (size > 0) {
            const ssize_t put = ::write(fd_, from, size);
            if (put < 0 && errno != EINTR) fail(path_);
            if (put < 0) continue;
            from += put;
            size -= static_cast<std::size_t>(put);
        }
    }
    void sync() const
    {
        if (::fsync(fd_) != 0) fail(path_);
        // What is read back then comes from the disk.
        ::posix_fadvise(fd_, 0, 0, POSIX_FADV_DONTNEED);
    }

private:
    std::string path_;
    int fd_;
};

struct FreeStream {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

void check(std::size_t result, std::string_view doing)
{
    if (ZSTD_isError(result) != 0) throw BackupError{fmt::format("{}: {}", doing, ZSTD_getErrorName(result))};
}

} // namespace

// --- Digest ---

struct Digest::State {
    crypto_hash_sha256_state sha{};
};

Digest::Digest() : state_{std::make_unique<State>()}
{
    crypto_hash_sha256_init(&state_->sha);
}
Digest::~Digest() = default;

void Digest::add(std::string_view bytes)
{
    crypto_hash_sha256_update(&state_->sha, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::string Digest::hex()
{
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state_->sha, digest.data());
    std::string text;
    for (const unsigned char byte : digest) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return text;
}

// --- ContainerWriter ---

struct ContainerWriter::State {
    explicit State(const std::string& path)
        : file{path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW}, context{ZSTD_createCCtx()}, out(ZSTD_CStreamOutSize())
    {
        check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level), "zstd");
        check(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1), "zstd");
    }
    File file;
    std::unique_ptr<ZSTD_CCtx, FreeStream> context;
    std::vector<char> out;
};

ContainerWriter::ContainerWriter(const std::string& path) : state_{std::make_unique<State>(path)} {}
ContainerWriter::~ContainerWriter() = default;

void ContainerWriter::write(std::string_view bytes)
{
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (in.pos < in.size) {
        ZSTD_outBuffer out{state_->out.data(), state_->out.size(), 0};
        check(ZSTD_compressStream2(state_->context.get(), &out, &in, ZSTD_e_continue), "zstd");
        state_->file.write(state_->out.data(), out.pos);
    }
}

void ContainerWriter::begin(const TarEntry& entry)
{
    const auto header = tar_header(entry);
    if (!header) throw BackupError{"the path is too long: " + entry.name};
    write({header->data(), header->size()});
}

void ContainerWriter::pad(std::uint64_t size)
{
    write(std::string(tar_padding(size), '\0'));
}

void ContainerWriter::add(const TarEntry& entry, std::string_view content)
{
    begin(entry);
    write(content);
    pad(entry.size);
}

void ContainerWriter::add_file(const TarEntry& entry, const std::string& path, const Progress& progress)
{
    begin(entry);
    const File from{path, O_RDONLY};
    std::vector<char> buffer(piece);
    std::uint64_t written = 0;
    while (const std::size_t got = from.read(buffer.data(), buffer.size())) {
        written += got;
        if (written > entry.size) break;
        write({buffer.data(), got});
        progress(got);
    }
    if (written != entry.size) throw BackupError{path + " changed while it was read"};
    pad(entry.size);
}

void ContainerWriter::finish()
{
    write(std::string(2 * tar_block, '\0'));
    ZSTD_inBuffer none{nullptr, 0, 0};
    std::size_t left = 1;
    while (left != 0) {
        ZSTD_outBuffer out{state_->out.data(), state_->out.size(), 0};
        left = ZSTD_compressStream2(state_->context.get(), &out, &none, ZSTD_e_end);
        check(left, "zstd");
        state_->file.write(state_->out.data(), out.pos);
    }
    state_->file.sync();
}

// --- ContainerReader ---

struct ContainerReader::State {
    explicit State(const std::string& p) : path{p}, file{p, O_RDONLY}, context{ZSTD_createDCtx()}, in(piece)
    {
        check(ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, largest_window), "zstd");
    }
    std::string path;
    File file;
    std::unique_ptr<ZSTD_DCtx, FreeStream> context;
    std::vector<char> in;
    ZSTD_inBuffer buffer{nullptr, 0, 0};
    bool frame_over = false;
    std::uint64_t left = 0, padding = 0; // of the entry

    [[noreturn]] void damaged(std::string_view what) const
    {
        throw BackupError{fmt::format("{} is damaged: {}", path, what)};
    }
    // False at the end of the file.
    bool more()
    {
        if (buffer.pos < buffer.size) return true;
        buffer = {in.data(), file.read(in.data(), in.size()), 0};
        return buffer.size > 0;
    }
};

ContainerReader::ContainerReader(const std::string& path) : state_{std::make_unique<State>(path)} {}
ContainerReader::~ContainerReader() = default;

void ContainerReader::fill(char* to, std::size_t size)
{
    State& state = *state_;
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos < out.size) {
        if (state.frame_over) state.damaged("it ends too early");
        (void)state.more(); // at the end of the file there may still be bytes in the decoder
        const std::size_t before = out.pos, fed = state.buffer.pos;
        const std::size_t result = ZSTD_decompressStream(state.context.get(), &out, &state.buffer);
        if (ZSTD_isError(result) != 0) state.damaged(ZSTD_getErrorName(result));
        state.frame_over = result == 0;
        if (out.pos == before && state.buffer.pos == fed && state.buffer.pos == state.buffer.size && !state.more())
            state.damaged("it ends too early");
    }
}

bool ContainerReader::next(TarEntry& entry)
{
    State& state = *state_;
    each([](std::string_view) {});
    TarHeader header{};
    fill(header.data(), header.size());
    if (!is_tar_end(header)) {
        auto found = read_tar_header(header);
        if (!found) state.damaged("an entry cannot be read");
        entry = std::move(*found);
        state.left = entry.size;
        state.padding = tar_padding(entry.size);
        return true;
    }
    fill(header.data(), header.size()); // the second block of the end
    if (!is_tar_end(header)) state.damaged("something stands behind its end");
    // The frame must end here, with a checksum that is right, and the file with it.
    while (!state.frame_over) {
        char none = 0;
        ZSTD_outBuffer out{&none, 1, 0};
        if (!state.more()) state.damaged("it ends too early");
        const std::size_t result = ZSTD_decompressStream(state.context.get(), &out, &state.buffer);
        if (ZSTD_isError(result) != 0) state.damaged(ZSTD_getErrorName(result));
        if (out.pos > 0) state.damaged("something stands behind its end");
        state.frame_over = result == 0;
    }
    if (state.more()) state.damaged("something stands behind its end");
    return false;
}

void ContainerReader::each(const std::function<void(std::string_view)>& take)
{
    State& state = *state_;
    std::vector<char> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(piece, state.left)));
    while (state.left > 0) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), state.left));
        fill(buffer.data(), size);
        state.left -= size;
        take({buffer.data(), size});
    }
    TarHeader rest{};
    fill(rest.data(), static_cast<std::size_t>(state.padding));
    state.padding = 0;
}

std::string ContainerReader::text(std::size_t longest)
{
    if (state_->left > longest) state_->damaged("an entry is too long");
    std::string all;
    each([&all](std::string_view bytes) { all += bytes; });
    return all;
}

} // namespace magwatch::backup
