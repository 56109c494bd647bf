// A directory of its own for each test, and the few records that most of them write.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon/journal/journal_file.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch {

class Scratch
{
public:
    // In memory where there is such a place: most promises here are not about a disk's speed.
    explicit Scratch(const char* below = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")
        : directory_{"magwatch-journal", below}
    {
    }
    [[nodiscard]] std::string path() const { return directory_.path(); }
    [[nodiscard]] std::string file(const std::string& name) const { return directory_.file(name); }

private:
    test::TemporaryDirectory directory_;
};

inline Bytes record_of(std::string_view text)
{
    return {text.begin(), text.end()};
}

inline JournalItem batch_of(std::int64_t ward_ms, const std::vector<std::string>& texts)
{
    JournalBatch batch;
    batch.first = batch.last = Instant{ward_ms};
    batch.wall = WallTime{1'700'000'000'000 + ward_ms};
    for (const std::string& text : texts) batch.records.push_back(record_of(text));
    return batch;
}

inline JournalItem snapshot_of(std::int64_t ward_ms, std::string_view state)
{
    return JournalSnapshot{
        0, 0, {Instant{ward_ms}, WallTime{1'700'000'000'000 + ward_ms}}, record_of(state)};
}

inline std::optional<JournalError> write(JournalFile& file, JournalItem item)
{
    std::vector<JournalItem> items;
    items.push_back(std::move(item));
    return file.write(items);
}

template <class T> T value_of(std::variant<T, JournalError> result)
{
    if (const auto* error = std::get_if<JournalError>(&result)) {
        ADD_FAILURE() << error->what;
        return T{};
    }
    return std::get<T>(std::move(result));
}

inline constexpr WallTime test_wall{1'700'000'000'000};

} // namespace magwatch
