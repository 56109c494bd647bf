// What the Modbus unit tests share.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "adapters/monitors/modbus/register_map.hpp"

namespace magwatch::adapters::modbus
{

inline RegisterMap map_of(const std::string& registers, const std::string& head = "")
{
    const std::string text =
        "name = \"t\"\nmodel = \"test\"\ncommissioned = true\n" + head + registers;
    LoadedMap loaded = parse_register_map(text, "t.toml");
    for (const Diagnostic& error : loaded.errors) ADD_FAILURE() << error.text();
    return loaded.map.value_or(RegisterMap{});
}

inline std::string reg(const std::string& signal, int address, const std::string& more)
{
    return "[[register]]\nsignal = \"" + signal +
           "\"\nfunction = 4\naddress = " + std::to_string(address) + "\n" + more + "\n";
}

} // namespace magwatch::adapters::modbus
