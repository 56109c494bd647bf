#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "adapters/monitors/modbus/adapter.hpp"
#include "adapters/monitors/modbus/probe.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/diagnostics.hpp"

namespace magwatch::cli
{
namespace
{

struct Options {
    std::string map, address;
    unsigned unit = 1;
};

int probe_device(Shell& shell, const Options& options)
{
    namespace modbus = adapters::modbus;
    const auto address = modbus::address_from(options.address);
    if (!address) {
        shell.complain("'" + options.address +
                       "' is no address: give 192.0.2.7:502 (names are not looked up)");
        return usage;
    }
    const modbus::LoadedMap loaded = modbus::load_register_map(options.map);
    if (!loaded.map) {
        if (shell.json)
            shell.print({{"map", options.map}, {"errors", to_json(loaded.errors)}});
        else
            print_errors(loaded.errors);
        return failed;
    }
    if (!shell.json)
        std::fprintf(stderr, "asking %s, unit %u ...\n", options.address.c_str(), options.unit);
    const modbus::ProbeReport report =
        modbus::probe(*loaded.map, *address, static_cast<std::uint8_t>(options.unit));
    std::string text = shell.json ? modbus::json_text(report) : modbus::table_text(report);
    if (!text.ends_with('\n')) text += '\n';
    std::fwrite(text.data(), 1, text.size(), stdout);
    return report.all_good() ? ok : failed;
}

} // namespace

void add_modbus(CLI::App& app, Shell& shell)
{
    CLI::App& modbus = *group(app, "modbus", "Modbus devices");
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        leaf(modbus, shell, "probe", "read every register of a map once, and say what it means",
             Talks::no, [=, &shell] { return probe_device(shell, *options); });
    command->add_option("map", options->map, "the register map (TOML)")->required();
    command->add_option("address", options->address, "HOST:PORT of the device")->required();
    command->add_option("--unit", options->unit, "unit identifier")
        ->capture_default_str()
        ->check(CLI::Range(0, 255));
    command->footer("Only reads. Fails if any register of the map gave no value.");
}

} // namespace magwatch::cli
