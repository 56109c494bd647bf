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
    std::string map, address, parity;
    unsigned unit = 1, baud = 0, stop_bits = 1;
    const CLI::Option* stop_bits_given = nullptr;
};

bool is_serial(const Options& options)
{
    return options.address.starts_with('/');
}

// What contradicts itself; "" if nothing does.
std::string contradiction(const Options& options)
{
    const bool line_told =
        options.baud != 0 || !options.parity.empty() || options.stop_bits_given->count() > 0;
    if (!is_serial(options))
        return line_told ? "--baud, --parity and --stop-bits belong to a serial line such as /dev/ttyUSB0"
                         : "";
    if (options.baud == 0 || options.parity.empty())
        return "a serial line needs --baud and --parity: nothing on the wire tells them";
    if (options.unit < 1 || options.unit > 247) return "a unit on a serial line is 1 to 247";
    return "";
}

adapters::modbus::SerialSettings line_of(const Options& options)
{
    adapters::modbus::SerialSettings line;
    line.path = options.address;
    line.baud = options.baud;
    line.parity = options.parity == "even"  ? adapters::modbus::Parity::even
                  : options.parity == "odd" ? adapters::modbus::Parity::odd
                                            : adapters::modbus::Parity::none;
    line.stop_bits = static_cast<std::uint8_t>(options.stop_bits);
    return line;
}

int probe_device(Shell& shell, const Options& options)
{
    namespace modbus = adapters::modbus;
    if (const std::string wrong = contradiction(options); !wrong.empty()) {
        shell.complain(wrong);
        return usage;
    }
    const auto address = modbus::address_from(options.address);
    if (!is_serial(options) && !address) {
        shell.complain("'" + options.address +
                       "' is no address: give 192.0.2.7:502 (names are not looked up) or /dev/ttyUSB0");
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
    const auto unit = static_cast<std::uint8_t>(options.unit);
    const modbus::ProbeReport report = is_serial(options)
                                           ? modbus::probe(*loaded.map, line_of(options), unit)
                                           : modbus::probe(*loaded.map, *address, unit);
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
    command->add_option("address", options->address, "HOST:PORT of the device, or a serial line such as /dev/ttyUSB0")
        ->required();
    command->add_option("--unit", options->unit, "unit identifier")
        ->capture_default_str()
        ->check(CLI::Range(0, 255));
    command->add_option("--baud", options->baud, "speed of the serial line")
        ->check(CLI::IsMember({1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200}));
    command->add_option("--parity", options->parity, "of the serial line: none, even or odd")
        ->check(CLI::IsMember({"none", "even", "odd"}));
    options->stop_bits_given =
        command->add_option("--stop-bits", options->stop_bits, "of the serial line")
            ->capture_default_str()
            ->check(CLI::Range(1, 2));
    command->footer("Only reads. Fails if any register of the map gave no value. A serial line must not be "
                    "asked by anybody else meanwhile, not by the daemon either.");
}

} // namespace magwatch::cli
