// The files of tools/demo are good ones: what they say is what the demo needs.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "daemon/config/config_reader.hpp"
#include "runtime/toml_reader.hpp"
#include "tools/simulator/scenario.hpp"

namespace magwatch {
namespace {

std::string file_text(const std::string& name)
{
    std::ifstream file{std::string{MAGWATCH_SOURCE_DIR} + "/tools/demo.d/" + name};
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

std::string filled(std::string text)
{
    const std::pair<std::string, std::string> values[] = {
        {"PACKS", MAGWATCH_SOURCE_DIR "/rules/packs"},
        {"PROTOCOLS", MAGWATCH_SOURCE_DIR "/rules/protocol"},
        {"MAPS", MAGWATCH_SOURCE_DIR "/adapters/monitors/modbus/maps"},
        {"RUN", "/tmp/demo"},      {"HTTP_PORT", "18300"},
        {"MLLP_PORT", "18301"},              {"PAGE_PORT", "18302"},    {"MODBUS_PORT_0", "18303"},
        {"MODBUS_PORT_1", "18304"},          {"MODBUS_PORT_2", "18305"}, {"MODBUS_PORT_3", "18306"},
        {"MODBUS_PORT_4", "18307"}};
    for (const auto& [name, value] : values) {
        const std::string mark = "@" + name + "@";
        for (std::size_t at; (at = text.find(mark)) != std::string::npos;) text.replace(at, mark.size(), value);
    }
    return text;
}

TEST(Demo, ItsConfigurationAndItsScenarioFitTogether)
{
    const LoadedConfig loaded = parse_config(filled(file_text("magwatch.toml.in")), "/tmp/demo/magwatch.toml",
                                             [](const std::string& path) { return read_text_file(path); });
    for (const Diagnostic& mistake : loaded.errors) ADD_FAILURE() << mistake.text();
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->ward.mode, Mode::demo);

    const auto read = simulator::parse_scenario(file_text("scenario.toml"), "scenario.toml");
    for (const Diagnostic& mistake : read.mistakes) ADD_FAILURE() << mistake.text();
    ASSERT_TRUE(read.scenario);
    ASSERT_EQ(read.scenario->beds.size(), loaded.config->ward.beds.size());
    std::size_t devices = 0;
    for (std::size_t i = 0; i < read.scenario->beds.size(); ++i) {
        const simulator::BedScenario& bed = read.scenario->beds[i];
        EXPECT_EQ(bed.id, loaded.config->ward.beds[i].alias);
        if (bed.link == simulator::Link::modbus) ++devices;
        if (bed.pump) ++devices;
        for (const ModbusDeviceConfig& device : loaded.config->modbus) {
            if (device.bed != bed.id) continue;
            const bool pump = device.kind == SourceKind::pump;
            EXPECT_EQ(device.address.port, 18303 + (pump ? bed.pump.value().port : bed.port));
        }
    }
    EXPECT_EQ(loaded.config->modbus.size(), devices);
}

} // namespace
} // namespace magwatch
