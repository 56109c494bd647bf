#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <sys/file.h>
#include <utility>

#include <fmt/format.h>

#include "daemon/app/config_checks.hpp"
#include "daemon/audit/folder.hpp"
#include "daemon/config/config_reader.hpp"
#include "daemon/config/pack_library.hpp"
#include "daemon/http/times.hpp"
#include "daemon/journal/journal_format.hpp"
#include "daemon/journal/sqlite.hpp"
#include "runtime/build_info.hpp"
#include "runtime/toml_reader.hpp"
#include "tools/backup/backup.hpp"
#include "tools/backup/files.hpp"
#include "tools/backup/manifest.hpp"

namespace magwatch::backup
{
namespace
{

namespace fs = std::filesystem;
using Percent = std::function<void(int)>;

constexpr std::string_view ending = ".backup", partial_ending = ".partial";

using Files = std::map<std::string, std::string>; // path -> text

// The configuration as it stands in its files, with every file that it names. One that has a mistake is left out:
// nobody knows what stands in it, perhaps a secret in the wrong place.
Files files_of(const std::string& path, std::string& ward)
{
    Files files;
    const FileReader read = [&files](const std::string& name) {
        auto text = read_text_file(name);
        if (const auto* found = std::get_if<std::string>(&text)) files[name] = *found;
        return text;
    };
    auto text = read(path);
    if (!std::holds_alternative<std::string>(text)) return {};
    const LoadedConfig loaded =
        parse_config(std::get<std::string>(std::move(text)), path, read, config_checks(PackTests::passed_before));
    if (!loaded.config) return {};
    if (ward.empty()) ward = loaded.config->ward.name;
    std::set<std::string> packs;
    for (const auto& [name, unused] : files)
        if (name != path && name.ends_with(".toml") && !name.ends_with(".test.toml")) packs.insert(name);
    for (const std::string& pack : packs) (void)read(test_file_of(pack)); // a pack's cases go with it
    return files;
}

// "20260301T021400Z"
std::string stamp_of(WallTime at)
{
    std::string text = http::format_time(at).substr(0, 19);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text + "Z";
}

std::string hash_of(std::string_view text)
{
    Digest digest;
    digest.add(text);
    return digest.hex();
}

// Tells percents of a known number of bytes, each once.
class Counter
{
public:
    Counter(std::uint64_t all, const Percent& tell) : all_{std::max<std::uint64_t>(all, 1)}, tell_{tell} {}
    void operator()(std::uint64_t bytes)
    {
        done_ += bytes;
        const int percent = static_cast<int>(std::min<std::uint64_t>(done_ * 100 / all_, 100));
        if (percent != std::exchange(last_, percent)) tell_(percent);
    }

private:
    std::uint64_t all_, done_ = 0;
    const Percent& tell_;
    int last_ = -1;
};

Part part_of_file(const std::string& name, const std::string& path)
{
    Part part{name, {}, 0, {}};
    Digest digest;
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    std::string buffer(1U << 17, '\0');
    ssize_t got = 0;
    while ((got = ::read(fd, buffer.data(), buffer.size())) > 0) {
        digest.add({buffer.data(), static_cast<std::size_t>(got)});
        part.bytes += static_cast<std::uint64_t>(got);
    }
    ::close(fd);
    if (got < 0) fail(path);
    part.sha256 = digest.hex();
    return part;
}

int history_format_of(const std::string& path)
{
    try {
        Database database{path, Database::Access::read_closed};
        bool complete = false;
        constexpr Duration limit = std::chrono::hours{1};
        const auto wrong = database.quick_check(limit, complete);
        if (wrong) throw BackupError{path + " is damaged: " + *wrong};
        return static_cast<int>(database.integer("PRAGMA user_version"));
    } catch (const SqliteError& error) {
        throw BackupError{path + ": " + error.what()};
    }
}

bool is_backup_of(const std::string& name, const std::string& ward)
{
    const std::string head = "magwatch-" + ward + "-";
    constexpr std::size_t stamp = 16; // 20260301T021400Z
    return name.size() == head.size() + stamp + ending.size() && name.starts_with(head) && name.ends_with(ending) &&
           name[head.size() + 8] == 'T';
}

// Its own rule keeps it from ever taking what it cannot tell to be an older backup of this ward.
std::vector<std::string> prune(const std::string& folder, const std::string& ward, int keep)
{
    std::vector<std::string> names, gone;
    for (const auto& entry : fs::directory_iterator{folder})
        if (is_backup_of(entry.path().filename().string(), ward)) names.push_back(entry.path().string());
    std::sort(names.rbegin(), names.rend());
    for (std::size_t i = static_cast<std::size_t>(keep); keep > 0 && i < names.size(); ++i) {
        std::error_code error;
        if (fs::remove(names[i], error)) gone.push_back(names[i]);
    }
    return gone;
}

// Halves that a killed run left; the folder's lock says that no other run is making one.
void remove_halves(const std::string& folder)
{
    std::vector<fs::path> halves;
    for (const auto& entry : fs::directory_iterator{folder}) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(".magwatch-") && name.ends_with(partial_ending)) halves.push_back(entry.path());
    }
    std::error_code ignored;
    for (const auto& half : halves) fs::remove(half, ignored);
}

struct Content {
    Manifest manifest;
    std::map<std::string, std::string> texts; // part's name -> text; the others are files of the copies
};

Content collect(const CreateRequest& request, std::vector<std::string>& notes)
{
    Content content;
    Manifest& manifest = content.manifest;
    const std::string journal = request.copies + "/" + journal_name, history = request.copies + "/" + history_name;
    const JournalFacts facts = inspect_journal(journal);
    manifest.ward = facts.ward;
    manifest.version = std::string{build_info().version};
    manifest.made = request.now;
    manifest.records_until = facts.records_until;
    manifest.journal_format = facts.format;
    manifest.running = request.running;
    manifest.parts.push_back(part_of_file(journal_name, journal));
    std::error_code none;
    if (fs::exists(history, none)) {
        manifest.history_format = history_format_of(history);
        manifest.parts.push_back(part_of_file(history_name, history));
    }
    for (const audit::Segment& one : audit::segments_of(request.copies + "/" + audit::folder_name))
        manifest.parts.push_back(
            part_of_file(fmt::format("{}/{}", audit::folder_name, fs::path{one.path}.filename().string()), one.path));
    const auto keep = [&](std::string_view folder, const std::string& path, const std::string& text) {
        const std::string name = fmt::format("{}{}{}", folder, path.starts_with('/') ? "" : "/", path);
        // Several devices may have one map.
        const bool fresh = content.texts.emplace(name, text).second;
        if (fresh) manifest.parts.push_back({name, path, text.size(), hash_of(text)});
    };
    for (const auto& [path, text] : facts.configuration) keep("in-force", fs::absolute(path).lexically_normal(), text);
    const std::string configuration = fs::absolute(request.configuration).lexically_normal();
    const Files files = files_of(configuration, manifest.ward);
    for (const auto& [path, text] : files) keep("configuration", path, text);
    if (!files.empty()) manifest.configuration = configuration;
    if (files.empty())
        notes.push_back(request.configuration + " cannot be read or has mistakes: it is not in the backup" +
                        (facts.configuration.empty() ? "" : ", but the configuration in force is"));
    else if (!facts.configuration.empty() && facts.configuration.front().second != files.at(configuration))
        notes.push_back(request.configuration + " is not what is in force: both are in the backup");
    if (manifest.ward.empty()) manifest.ward = "ward";
    return content;
}

void write(const std::string& path, const CreateRequest& request, const Content& content, const Percent& progress)
{
    ContainerWriter out{path};
    const std::int64_t seconds = request.now.ms / 1000;
    const std::string manifest = manifest_text(content.manifest);
    out.add({manifest_name, manifest.size(), seconds}, manifest);
    Counter counter{content.manifest.bytes(), progress};
    for (const Part& part : content.manifest.parts) {
        const auto text = content.texts.find(part.name);
        if (text == content.texts.end())
            out.add_file({part.name, part.bytes, seconds}, request.copies + "/" + part.name,
                         [&counter](std::uint64_t bytes) { counter(bytes); });
        else
            out.add({part.name, part.bytes, seconds}, text->second);
    }
    out.finish();
}

} // namespace

FolderLock::FolderLock(const std::string& folder)
{
    fd_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd_ < 0) fail(folder);
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    ::close(fd_);
    throw BackupError{"another backup is being made in " + folder};
}

FolderLock::~FolderLock()
{
    ::close(fd_);
}

Created create(const CreateRequest& request, const Percent& progress)
{
    remove_halves(request.output);
    Created created;
    const Content content = collect(request, created.notes);
    const std::string name = fmt::format("magwatch-{}-{}", content.manifest.ward, stamp_of(request.now));
    created.file = fmt::format("{}/{}{}", request.output, name, ending);
    const std::string partial = fmt::format("{}/.{}{}", request.output, name, partial_ending);
    try {
        write(partial, request, content, progress);
        give_to_owner_of(request.output, partial);
        created.manifest = verify(partial, [](std::uint64_t) {});
        if (std::error_code none; fs::exists(created.file, none)) throw BackupError{created.file + " exists already"};
        if (::rename(partial.c_str(), created.file.c_str()) != 0) fail(created.file);
        sync_folder(request.output);
    } catch (...) {
        ::unlink(partial.c_str());
        throw;
    }
    created.bytes = fs::file_size(created.file);
    created.pruned = prune(request.output, content.manifest.ward, request.keep);
    return created;
}

Manifest read_manifest(const std::string& file)
{
    ContainerReader in{file};
    TarEntry entry;
    if (!in.next(entry) || entry.name != manifest_name) throw BackupError{file + " is no backup of magwatch"};
    return manifest_from(in.text(longest_manifest), file);
}

Manifest verify(const std::string& file, const Progress& progress)
{
    ContainerReader in{file};
    TarEntry entry;
    if (!in.next(entry) || entry.name != manifest_name) throw BackupError{file + " is no backup of magwatch"};
    Manifest manifest = manifest_from(in.text(longest_manifest), file);
    for (const Part& part : manifest.parts) {
        if (!in.next(entry) || entry.name != part.name || entry.size != part.bytes)
            throw BackupError{file + " is damaged: " + part.name + " is not where it should be"};
        Digest digest;
        in.each([&](std::string_view bytes) {
            digest.add(bytes);
            progress(bytes.size());
        });
        if (digest.hex() != part.sha256) throw BackupError{file + " is damaged: " + part.name + " has another SHA-256"};
    }
    if (in.next(entry)) throw BackupError{file + " is damaged: it holds more than its manifest names"};
    return manifest;
}

std::vector<Listed> list(const std::string& folder)
{
    std::vector<Listed> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator{folder, error}) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("magwatch-") || !name.ends_with(ending)) continue;
        Listed one{entry.path().string(), entry.file_size(error), {}, {}};
        try {
            one.manifest = read_manifest(one.file);
        } catch (const BackupError& wrong) {
            one.reason = wrong.what();
        }
        found.push_back(std::move(one));
    }
    if (error) throw BackupError{folder + ": " + error.message()};
    const auto made = [](const Listed& one) { return one.manifest ? one.manifest->made.ms : 0; };
    std::sort(found.begin(), found.end(), [&](const Listed& a, const Listed& b) {
        return std::pair{made(a), a.file} > std::pair{made(b), b.file};
    });
    return found;
}

} // namespace magwatch::backup
