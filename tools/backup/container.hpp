// The file of a backup: a tar archive in one zstd frame with a checksum. `tar --zstd -xf FILE` opens it without
// magwatch. The first entry is manifest.json, which names every other one with its size and SHA-256.
//
// Blocking, streams: memory does not grow with the size. Failures throw BackupError, whose words are for people; the
// functions of backup.hpp turn them into values.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tools/backup/tar.hpp"

namespace magwatch::backup
{

class BackupError : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

// Bytes that went by, for whoever waits.
using Progress = std::function<void(std::uint64_t)>;

// SHA-256, in pieces.
class Digest
{
public:
    Digest();
    ~Digest();
    void add(std::string_view bytes);
    [[nodiscard]] std::string hex(); // 64 digits; once

private:
    struct State;
    std::unique_ptr<State> state_;
};

class ContainerWriter
{
public:
    explicit ContainerWriter(const std::string& path); // must not exist; mode 0600
    ~ContainerWriter();                                // an unfinished one stays where it is
    void add(const TarEntry& entry, std::string_view content);
    // entry.size bytes of a file; one that is shorter or longer by now is an error.
    void add_file(const TarEntry& entry, const std::string& path, const Progress& progress);
    // The end, on the disk.
    void finish();

private:
    struct State;
    void begin(const TarEntry& entry);
    void write(std::string_view bytes);
    void pad(std::uint64_t size);
    std::unique_ptr<State> state_;
};

class ContainerReader
{
public:
    explicit ContainerReader(const std::string& path);
    ~ContainerReader();
    // The next entry; false at the end, after which nothing may follow. What was not read of the one before is
    // passed over.
    bool next(TarEntry& entry);
    // All of the entry, or its bytes as they come.
    [[nodiscard]] std::string text(std::size_t longest);
    void each(const std::function<void(std::string_view)>& take);

private:
    struct State;
    void fill(char* to, std::size_t size);
    std::unique_ptr<State> state_;
};

} // namespace magwatch::backup
