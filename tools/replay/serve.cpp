#include "tools/replay/serve.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tools/replay/message_stage.hpp"
#include "tools/replay/served_sections.hpp"
#include "tools/replay/tape_stage.hpp"
#include "tools/simulator/server.hpp"
#include "tools/simulator/simulation_stage.hpp"
#include "tools/simulator/text.hpp"

namespace magwatch
{
namespace
{

namespace fs = std::filesystem;
namespace modbus = adapters::modbus;
using Json = nlohmann::ordered_json;

constexpr int failed = 1, usage = 2;

std::int64_t wall_now()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// The folder of the shipped register maps: of the installed package, else of the sources that this
// was built from.
std::string shipped_map(const std::string& name)
{
    std::error_code none;
    const fs::path program = fs::read_symlink("/proc/self/exe", none).parent_path();
    for (const char* folder :
         {"../share/magwatch/maps", "../../../adapters/monitors/modbus/maps"}) {
        const fs::path file = fs::weakly_canonical(program / folder / name, none);
        if (fs::exists(file, none)) return file.string();
    }
    return "/usr/share/magwatch/maps/" + name;
}

// HOST and PORT of "HOST:PORT"; nothing if it is not that.
std::optional<std::pair<std::string, std::uint16_t>> host_and_port(const std::string& text)
{
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return std::nullopt;
    const auto port = simulator::number_of(std::string_view{text}.substr(colon + 1));
    if (!port || !(*port >= 1 && *port <= 65535) || std::floor(*port) != *port) return std::nullopt;
    return std::pair{text.substr(0, colon), static_cast<std::uint16_t>(*port)};
}

double in_seconds(Duration time)
{
    return static_cast<double>(time.count()) / 1000;
}

std::string clock_text(Duration time)
{
    const auto s = time.count() / 1000;
    return fmt::format("{:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

// Says how far the replay is: one line that changes on a terminal, a line now and then elsewhere.
class Progress
{
public:
    Progress(const ServeRequest& request, std::ostream& out, std::ostream& errors, bool terminal)
        : request_{request}, out_{out}, errors_{errors}, terminal_{terminal}
    {
    }
    // `length` 0: without an end. Of recorded messages what the receiver said of them, too.
    void tell(Duration position, Duration length, int rounds, bool now,
              const Answered* answered = nullptr)
    {
        const std::int64_t at = wall_now();
        if (!now && at - last_ < (terminal_ || request_.json ? 1000 : 10'000)) return;
        last_ = at;
        if (request_.json) return tell_json(position, length, rounds, answered);
        std::string line = "SIMULATION  " + clock_text(position);
        if (length.count() > 0)
            line +=
                fmt::format(" of {}, {} left", clock_text(length), clock_text(length - position));
        line += fmt::format(", speed {}", simulator::number_text(request_.speed));
        if (rounds > 0) line += fmt::format(", round {}", rounds + 1);
        if (answered != nullptr) line += ", " + words_of(*answered);
        errors_ << (terminal_ ? "\r" + line + "\x1b[K" : line + "\n") << std::flush;
        open_ = terminal_;
    }
    void end(const std::string& why, const Answered* answered = nullptr)
    {
        if (open_) errors_ << '\n';
        if (request_.json)
            out_ << with_answers({{"event", "end"}, {"simulation", true}, {"why", why}}, answered)
                        .dump()
                 << std::endl;
        else
            errors_ << "SIMULATION  " << why
                    << (answered != nullptr ? ": " + words_of(*answered) : "") << std::endl;
    }
    static std::string words_of(const Answered& answered)
    {
        std::string words =
            fmt::format("messages: {} accepted, {} refused", answered.accepted, answered.refused);
        const char* before = " (";
        for (const auto& [code, count] : answered.refusals)
            words += fmt::format("{}{} {}", std::exchange(before, ", "), count, code);
        if (answered.refused > 0) words += ')';
        if (answered.waiting > 0) words += fmt::format(", {} not answered", answered.waiting);
        return words;
    }

private:
    static Json with_answers(Json line, const Answered* answered)
    {
        if (answered == nullptr) return line;
        line["accepted"] = answered->accepted;
        line["refused"] = answered->refused;
        line["not_answered"] = answered->waiting;
        return line;
    }
    void tell_json(Duration position, Duration length, int rounds, const Answered* answered)
    {
        Json line{
            {"event", "progress"}, {"simulation", true}, {"position_s", in_seconds(position)}};
        if (length.count() > 0) line["remaining_s"] = in_seconds(length - position);
        line["speed"] = request_.speed;
        line["round"] = rounds + 1;
        out_ << with_answers(std::move(line), answered).dump() << std::endl;
    }

    const ServeRequest& request_;
    std::ostream& out_;
    std::ostream& errors_;
    bool terminal_, open_ = false;
    std::int64_t last_ = 0;
};

// A request on its way to the network.
class Play
{
public:
    Play(const ServeRequest& request, std::ostream& out, std::ostream& errors, bool terminal)
        : request_{request}, out_{out}, errors_{errors}, progress_{request, out, errors, terminal}
    {
    }

    int run()
    {
        if (const int status = check(); status != 0) return status;
        const std::string& file = request_.files.front();
        if (file.ends_with(".hl7")) return run_messages();
        return file.ends_with(".toml") ? run_scenario() : run_tapes();
    }

private:
    int wrong(const std::string& what)
    {
        errors_ << "magwatch: " << what << '\n';
        return usage;
    }
    int check()
    {
        if (!request_.mllp.empty()) {
            const auto target = host_and_port(request_.mllp);
            if (!target) return wrong("--mllp needs HOST:PORT, not '" + request_.mllp + "'");
            options_.mllp_host = target->first;
            options_.mllp_port = target->second;
        }
        if (request_.modbus_port == 0 && request_.mllp.empty())
            return wrong("nothing to serve: give --modbus-port or --mllp");
        options_.address = request_.listen;
        options_.modbus_base_port = request_.modbus_port;
        options_.json_story = request_.json;
        const auto are = [&](const char* ending) {
            return std::count_if(request_.files.begin(), request_.files.end(),
                                 [&](const std::string& file) { return file.ends_with(ending); });
        };
        const bool any_scenario = are(".toml") > 0;
        if (any_scenario && request_.files.size() > 1) return wrong("a scenario is played alone");
        if (any_scenario && (request_.loop || !request_.beds.empty() || !request_.map.empty()))
            return wrong(
                "a scenario has its own end, beds and maps: leave out --loop, --bed and --map");
        return are(".hl7") > 0 ? check_messages(are(".hl7")) : 0;
    }
    int check_messages(std::ptrdiff_t count)
    {
        if (count != static_cast<std::ptrdiff_t>(request_.files.size()))
            return wrong("recorded messages are played apart from other recordings");
        if (request_.mllp.empty()) return wrong("recorded messages are sent: give --mllp HOST:PORT");
        if (!request_.beds.empty() || !request_.map.empty())
            return wrong("recorded messages name their beds themselves and have no registers: leave "
                         "out --bed and --map");
        return 0;
    }

    bool read_all(std::vector<Tape>& tapes)
    {
        std::size_t number = 0;
        for (const auto& given : request_.files) {
            const std::size_t equals = given.find('=');
            const bool named =
                equals != std::string::npos && equals > 0 && given.find('/') > equals;
            ++number;
            const std::string bed =
                named ? given.substr(0, equals) : "bed-" + std::to_string(number);
            const std::string file = named ? given.substr(equals + 1) : given;
            auto read = read_tapes(file, bed, errors_);
            if (read.empty()) return false;
            for (Tape& tape : read) {
                const auto same = [&](const Tape& other) { return other.bed == tape.bed; };
                if (std::any_of(tapes.begin(), tapes.end(), same)) {
                    errors_ << file << ": error: a second " << tape.bed
                            << ": name it, as in ALIAS=FILE\n";
                    return false;
                }
                tapes.push_back(std::move(tape));
            }
        }
        return choose(tapes);
    }
    // Keeps the beds that were asked for.
    bool choose(std::vector<Tape>& tapes)
    {
        for (const auto& bed : request_.beds) {
            if (std::any_of(tapes.begin(), tapes.end(),
                            [&](const Tape& tape) { return tape.bed == bed; }))
                continue;
            errors_ << "--bed: error: nothing was recorded of '" << bed << "'\n";
            return false;
        }
        if (!request_.beds.empty()) {
            std::erase_if(tapes, [&](const Tape& tape) {
                return std::find(request_.beds.begin(), request_.beds.end(), tape.bed) ==
                       request_.beds.end();
            });
        }
        return true;
    }

    void tell_left_out(const std::vector<Tape>& tapes, const ServedRegisters& registers)
    {
        for (const Tape& tape : tapes) {
            for (const auto& [what, count] : tape.left_out)
                errors_ << tape.bed << ": note: " << what << " is not played (" << count
                        << " values): no monitor shows it; chart it with magwatch enter\n";
            for (const auto& track : tape.tracks) {
                if (request_.modbus_port != 0 && !registers.has(track.signal))
                    errors_ << tape.bed << ": note: the map has no " << name(track.signal) << '\n';
            }
        }
    }

    [[nodiscard]] std::string sections(const std::vector<ServedDevice>& devices) const
    {
        const std::uint16_t mllp = request_.mllp.empty() ? 0 : options_.mllp_port;
        return device_sections(devices,
                               {request_.listen, request_.unit, mllp, request_.interval_s});
    }
    void tell_sections(const std::string& text)
    {
        if (request_.json)
            out_ << Json{{"event", "config"}, {"simulation", true}, {"toml", text}}.dump()
                 << std::endl;
        else
            out_ << text << std::flush;
    }

    int run_tapes()
    {
        const std::string map_file =
            request_.map.empty() ? shipped_map("replay-monitor.toml") : request_.map;
        const auto loaded = modbus::load_register_map(map_file);
        for (const auto& error : loaded.errors) errors_ << error.text() << '\n';
        if (!loaded.map) return failed;
        const ServedRegisters registers{*loaded.map, static_cast<std::uint8_t>(request_.unit)};
        for (const auto& mistake : registers.mistakes())
            errors_ << map_file << ": error: " << mistake << '\n';
        std::vector<Tape> tapes;
        if (!registers.mistakes().empty() || !read_all(tapes)) return failed;
        if (tapes.size() + request_.modbus_port > 65536)
            return wrong("--modbus-port leaves too few ports for the beds");
        tell_left_out(tapes, registers);
        std::vector<ServedDevice> devices;
        for (const Tape& tape : tapes) {
            ServedDevice told{tape.bed, "replay-" + tape.bed, "", fs::absolute(map_file).string(), 0, ""};
            if (request_.modbus_port != 0)
                told.port = static_cast<std::uint16_t>(request_.modbus_port + devices.size());
            if (!request_.mllp.empty()) told.location = tape.bed;
            devices.push_back(std::move(told));
        }
        TapeStageOptions how;
        how.speed = request_.speed;
        how.start = Duration{static_cast<std::int64_t>(request_.start_s * 1000)};
        how.loop = request_.loop;
        how.modbus = request_.modbus_port != 0;
        how.hl7 = !request_.mllp.empty();
        how.unit = static_cast<std::uint8_t>(request_.unit);
        how.interval_ms = static_cast<std::int64_t>(request_.interval_s * 1000);
        how.began_wall_ms = wall_now();
        TapeStage stage{std::move(tapes), *loaded.map, how};
        if (!how.loop && how.start >= stage.length())
            return wrong("--start lies behind the end of the recording (" +
                         clock_text(stage.length()) + ")");
        return go(stage, sections(devices), [&](bool now) {
            progress_.tell(stage.position(), stage.length(), stage.rounds(), now);
        });
    }

    int run_messages()
    {
        Hl7Recording recording;
        for (const auto& file : request_.files) {
            auto read = read_hl7_recording(file, errors_);
            if (!read) return failed;
            recording.join(std::move(*read));
        }
        MessageStageOptions how;
        how.speed = request_.speed;
        how.start = Duration{static_cast<std::int64_t>(request_.start_s * 1000)};
        how.loop = request_.loop;
        how.began_wall_ms = wall_now();
        const std::string sections =
            sender_sections(recording.senders, options_.mllp_port, request_.speed);
        MessageStage stage{std::move(recording.messages), how};
        if (!how.loop && how.start >= stage.length())
            return wrong("--start lies behind the end of the recording (" +
                         clock_text(stage.length()) + ")");
        const auto tell = [&](bool now) {
            const Answered answered = stage.answers();
            progress_.tell(stage.position(), stage.length(), stage.rounds(), now, &answered);
        };
        return go(stage, sections, tell, &stage);
    }

    int run_scenario()
    {
        const std::string& file = request_.files.front();
        std::ifstream in{file, std::ios::binary};
        if (!in) {
            errors_ << file << ": error: cannot be read\n";
            return failed;
        }
        const std::string text{std::istreambuf_iterator<char>{in},
                               std::istreambuf_iterator<char>{}};
        const auto parsed = simulator::parse_scenario(text, file);
        for (const auto& mistake : parsed.mistakes) errors_ << mistake.text() << '\n';
        if (!parsed.scenario) return failed;
        std::vector<ServedDevice> devices;
        for (const auto& bed : parsed.scenario->beds) {
            ServedDevice told{bed.id, "replay-" + bed.id, "", shipped_map("sim-monitor.toml"), 0, ""};
            if (bed.link == simulator::Link::modbus)
                told.port = static_cast<std::uint16_t>(request_.modbus_port + bed.port);
            else
                told.location = bed.location.substr(bed.location.rfind('^') + 1);
            devices.push_back(told);
            if (!bed.pump) continue;
            devices.push_back(
                {bed.id, "replay-pump-" + bed.id, "kind = \"pump\"\n", shipped_map("sim-pump.toml"),
                 static_cast<std::uint16_t>(request_.modbus_port + bed.pump->port), ""});
        }
        simulator::Simulation simulation{*parsed.scenario, std::nullopt, request_.speed};
        simulation.step(static_cast<std::int64_t>(request_.start_s * 1000 / request_.speed));
        simulator::SimulationStage stage{simulation, wall_now(), true};
        return go(stage, sections(devices),
                  [&](bool now) { progress_.tell(Duration{simulation.now_ms()}, {}, 0, now); });
    }

    template <class Tell>
    int go(simulator::Stage& stage, const std::string& sections, Tell tell,
           const MessageStage* messages = nullptr)
    {
        if (request_.config_only) {
            tell_sections(sections);
            return 0;
        }
        simulator::ServerOptions options = options_;
        options.on_turn = [&] { tell(false); };
        try {
            simulator::Server server{stage, options};
            tell_sections(sections);
            tell(true);
            server.run();
        } catch (const std::exception& error) {
            errors_ << "magwatch: " << error.what() << '\n';
            return failed;
        }
        tell(true);
        const std::string why = stage.over() ? "the recording is over" : "stopped";
        if (messages == nullptr) {
            progress_.end(why);
            return 0;
        }
        const Answered answered = messages->answers();
        progress_.end(why, &answered);
        return stage.over() && answered.refused + answered.waiting > 0 ? failed : 0;
    }

    const ServeRequest& request_;
    std::ostream& out_;
    std::ostream& errors_;
    Progress progress_;
    simulator::ServerOptions options_;
};

} // namespace

int serve(const ServeRequest& request, std::ostream& out, std::ostream& errors, bool terminal)
{
    return Play{request, out, errors, terminal}.run();
}

} // namespace magwatch
