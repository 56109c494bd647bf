// magwatch-simulator: a ward of simulated patients on Modbus TCP and HL7 v2 over MLLP, in real time.
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>

#include "tools/simulator/server.hpp"
#include "tools/simulator/simulation_stage.hpp"
#include "tools/simulator/text.hpp"

namespace {

namespace sim = magwatch::simulator;

constexpr int failed = 1, usage = 2;

struct Options {
    std::string scenario;
    double speed = 1;
    std::optional<std::uint64_t> seed;
    std::string mllp;
    std::string control;
    double run_s = 0;
    sim::ServerOptions server;
};

std::optional<sim::Scenario> read_scenario(const std::string& path)
{
    std::ifstream file{path, std::ios::binary};
    if (!file) {
        std::fprintf(stderr, "magwatch-simulator: cannot read %s\n", path.c_str());
        return std::nullopt;
    }
    const std::string text{std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
    sim::ScenarioResult result = sim::parse_scenario(text, path);
    for (const magwatch::Diagnostic& mistake : result.mistakes)
        std::fprintf(stderr, "%s\n", mistake.text().c_str());
    return std::move(result.scenario);
}

// "127.0.0.1:2575" into the options; false if it is not that.
bool take_mllp(const std::string& text, sim::ServerOptions& options)
{
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return false;
    const std::optional<double> port = sim::number_of(std::string_view{text}.substr(colon + 1));
    if (!port || !(*port >= 1 && *port <= 65535)) return false;
    options.mllp_host = text.substr(0, colon);
    options.mllp_port = static_cast<std::uint16_t>(*port);
    return true;
}

int run(Options& options)
{
    const std::optional<sim::Scenario> scenario = read_scenario(options.scenario);
    if (!scenario) return failed;
    if (!options.mllp.empty() && !take_mllp(options.mllp, options.server)) {
        std::fprintf(stderr, "magwatch-simulator: --mllp needs HOST:PORT, not '%s'\n", options.mllp.c_str());
        return usage;
    }
    if (options.control == "-") options.server.control_stdin = true;
    else options.server.control_path = options.control;
    sim::Simulation simulation{*scenario, options.seed, options.speed};
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    sim::SimulationStage stage{simulation, std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
    sim::Server server{stage, options.server};
    server.run(static_cast<std::int64_t>(options.run_s * 1000));
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App app{"A simulated ward: patients, monitors, a pump and a gateway, on Modbus TCP and HL7 v2.\n"
                 "SIMULATION only: it stands for no patient."};
    Options options;
    app.add_option("--scenario", options.scenario, "scenario file (TOML)")->required();
    app.add_option("--speed", options.speed, "hurry: event times and body time by this factor; devices keep time")
        ->check(CLI::Range(0.01, 1000.0));
    app.add_option("--seed", options.seed, "seed of all noise, instead of the scenario's");
    app.add_option("--address", options.server.address, "IPv4 address to listen on")->capture_default_str();
    app.add_option("--modbus-base-port", options.server.modbus_base_port, "first Modbus TCP port")
        ->capture_default_str();
    app.add_option("--mllp", options.mllp, "HOST:PORT that takes HL7 messages");
    app.add_option("--control", options.control, "Unix socket for commands, or - for standard input");
    app.add_option("--run-for", options.run_s, "seconds to run; 0 = until stopped")->check(CLI::NonNegativeNumber);
    app.add_flag("--json", options.server.json_story, "story lines as JSON");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : usage;
    }
    try {
        return run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "magwatch-simulator: %s\n", error.what());
        return failed;
    }
}
