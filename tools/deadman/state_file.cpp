#include "tools/deadman/state_file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <system_error>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace magwatch::deadman {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format = 1;
constexpr const char* file_name = "/deadman.json";

Json to_json(const Saved& saved)
{
    Json out;
    out["ever_heard"] = saved.ever_heard;
    out["heard_ms"] = saved.heard_ms;
    out["incarnation"] = saved.last.incarnation;
    out["sequence"] = saved.last.sequence;
    out["stamp"] = saved.last.stamp;
    out["beds_watched"] = saved.last.beds_watched;
    out["planned_ends"] = saved.last.planned_ends;
    if (saved.last.oldest_data_seconds) out["oldest_data_seconds"] = *saved.last.oldest_data_seconds;
    if (const auto& canary = saved.last.canary)
        out["canary"] = Json::array({canary->ago_seconds, canary->every_seconds});
    if (const auto& stop = saved.last.stop) out["stop"] = Json::array({stop->by, stop->back_by_ms, stop->clock});
    const auto head = [&](const char* name, const std::optional<AuditHead>& one) {
        if (one) out[name] = Json{{"sequence", one->sequence}, {"hash", one->hash}};
    };
    head("audit", saved.audit);
    head("audit_before", saved.audit_before);
    out["beds"] = saved.beds;
    Json open = Json::object();
    for (std::size_t i = 0; i < faults; ++i) {
        if (const auto& one = saved.open.at(i))
            open[std::string{name(static_cast<Fault>(i))}] = Json::array({one->since_ms, one->paged_ms});
    }
    out["open"] = std::move(open);
    return out;
}

Saved from_json(const Json& in)
{
    Saved saved;
    in.at("ever_heard").get_to(saved.ever_heard);
    in.at("heard_ms").get_to(saved.heard_ms);
    in.at("incarnation").get_to(saved.last.incarnation);
    in.at("sequence").get_to(saved.last.sequence);
    in.at("stamp").get_to(saved.last.stamp);
    in.at("beds_watched").get_to(saved.last.beds_watched);
    in.at("planned_ends").get_to(saved.last.planned_ends);
    if (in.contains("oldest_data_seconds")) saved.last.oldest_data_seconds = in["oldest_data_seconds"].get<double>();
    if (in.contains("canary"))
        saved.last.canary = Canary{in["canary"].at(0).get<double>(), in["canary"].at(1).get<double>()};
    if (in.contains("stop")) {
        const Json& stop = in["stop"];
        saved.last.stop = Stop{stop.at(0).get<std::string>(), stop.at(1).get<std::int64_t>(),
                               stop.at(2).get<std::string>()};
    }
    const auto head = [&](const char* name) -> std::optional<AuditHead> {
        if (!in.contains(name)) return std::nullopt;
        return AuditHead{in[name].at("sequence").get<std::uint64_t>(), in[name].at("hash").get<std::string>()};
    };
    saved.audit = head("audit");
    saved.audit_before = head("audit_before");
    in.at("beds").get_to(saved.beds);
    for (std::size_t i = 0; i < faults; ++i) {
        const auto open = in.at("open").find(std::string{name(static_cast<Fault>(i))});
        if (open != in.at("open").end())
            saved.open.at(i) = Saved::Open{open->at(0).get<std::int64_t>(), open->at(1).get<std::int64_t>()};
    }
    return saved;
}

std::string error_text(const char* what)
{
    return std::string{what} + ": " + std::error_code{errno, std::generic_category()}.message();
}

Written failed(const char* what)
{
    const bool misplaced = errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    return {error_text(what), misplaced};
}

// The whole file, or nothing, with errno.
std::optional<std::string> read_all(const std::string& path)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::string text;
    std::array<char, 4096> part{};
    ssize_t got = 0;
    while ((got = ::read(file, part.data(), part.size())) > 0 || (got < 0 && errno == EINTR)) {
        if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
    }
    const int why = errno;
    ::close(file);
    errno = why;
    return got == 0 ? std::optional{std::move(text)} : std::nullopt;
}

bool write_all(int file, const std::string& text)
{
    std::size_t done = 0;
    while (done < text.size()) {
        const auto wrote = ::write(file, text.data() + done, text.size() - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return false;
        done += static_cast<std::size_t>(wrote);
    }
    return ::fsync(file) == 0;
}

} // namespace

ReadState read_state(const std::string& folder)
{
    ReadState out;
    const std::string path = folder + file_name;
    const auto text = read_all(path);
    if (!text) {
        if (errno != ENOENT) out.wrong = error_text("cannot be read");
        return out;
    }
    try {
        const Json in = Json::parse(*text);
        if (in.at("format") != format) throw std::runtime_error{"written by another version"};
        for (const auto& [ward, saved] : in.at("wards").items()) out.states.emplace(ward, from_json(saved));
    } catch (const std::exception& error) {
        out.states.clear();
        out.wrong = std::string{"moved aside as deadman.json.bad: "} + error.what();
        if (std::rename(path.c_str(), (path + ".bad").c_str()) != 0) out.wrong = error_text("cannot be moved aside");
    }
    return out;
}

Written write_state(const std::string& folder, const States& states)
{
    Json out;
    out["format"] = format;
    out["wards"] = Json::object();
    for (const auto& [ward, saved] : states) out["wards"][ward] = to_json(saved);
    const std::string path = folder + file_name;
    const std::string beside = path + ".new";
    const int file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return failed("cannot open the new state");
    const bool wrote = write_all(file, out.dump(1) + "\n");
    const Written written = wrote ? Written{} : failed("cannot write the new state");
    ::close(file);
    if (!wrote) return written;
    if (std::rename(beside.c_str(), path.c_str()) != 0) return failed("cannot put the new state in place");
    const int directory = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        ::fsync(directory); // a file system that cannot: the file itself is whole either way
        ::close(directory);
    }
    return written;
}

} // namespace magwatch::deadman
