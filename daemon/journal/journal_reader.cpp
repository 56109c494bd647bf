#include "daemon/journal/journal_reader.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "daemon/journal/journal_format.hpp"
#include "daemon/journal/journal_queries.hpp"

namespace magwatch {

struct JournalReader::Impl {
    Database database;
    template <class Work>
    auto guarded(Work&& work) -> std::variant<std::invoke_result_t<Work, Database&>, JournalError>
    {
        try {
            return work(database);
        } catch (const SqliteError& error) {
            return JournalError{error.what(), false, error.damaged(), error.in_use()};
        }
    }
};

JournalReader::JournalReader(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;
JournalReader::~JournalReader() = default;

std::variant<JournalReader, JournalError> JournalReader::open(const std::string& path)
{
    std::error_code none;
    const bool is_directory = std::filesystem::is_directory(path, none);
    const std::string file =
        is_directory ? (std::filesystem::path{path} / "journal.db").string() : path;
    if (!std::filesystem::exists(file, none)) return JournalError{file + ": there is no such file"};
    if (const auto process = locked_by(file))
        return JournalError{
            fmt::format("{} is being written by process {}: stop it, or read a copy that it made",
                        file, *process),
            false, false, true};
    try {
        Database database{file, Database::Access::read_closed};
        if (database.integer("PRAGMA application_id") != journal_application_id)
            return JournalError{file + " is not a journal of magwatch"};
        const std::int64_t version = database.integer("PRAGMA user_version");
        if (version < 1 || version > journal_version)
            return JournalError{fmt::format("{} has format {}, this magwatch knows {}", file,
                                            version, journal_version)};
        return JournalReader{std::make_unique<Impl>(Impl{std::move(database)})};
    } catch (const SqliteError& error) {
        return JournalError{error.what(), false, error.damaged(), error.in_use()};
    }
}

std::variant<std::optional<JournalSnapshot>, JournalError>
JournalReader::snapshot_before(WallTime wall)
{
    return impl_->guarded(
        [&](Database& database) { return journal_queries::snapshot_before(database, wall); });
}

std::variant<std::optional<JournalSnapshot>, JournalError> JournalReader::last_snapshot()
{
    return impl_->guarded(
        [](Database& database) { return journal_queries::last_snapshot(database, nullptr); });
}

std::variant<std::optional<JournalSnapshot>, JournalError> JournalReader::first_snapshot()
{
    return impl_->guarded([](Database& database) { return journal_queries::first_snapshot(database); });
}

std::variant<std::vector<JournalBatch>, JournalError>
JournalReader::batches_after(std::int64_t batch, std::size_t limit)
{
    return impl_->guarded(
        [&](Database& database) { return journal_queries::batches_after(database, batch, limit); });
}

std::variant<std::vector<JournalIncarnation>, JournalError> JournalReader::incarnations()
{
    return impl_->guarded(
        [](Database& database) { return journal_queries::incarnations(database); });
}

std::variant<std::optional<Bytes>, JournalError> JournalReader::named(const std::string& name)
{
    return impl_->guarded(
        [&](Database& database) { return journal_queries::named(database, name); });
}

std::variant<std::pair<std::int64_t, std::int64_t>, JournalError> JournalReader::range()
{
    return impl_->guarded([](Database& database) {
        return std::pair{journal_queries::first_batch(database),
                         journal_queries::last_batch(database)};
    });
}

} // namespace magwatch
