// The shipped example of the calcium gluconate protocol, as tests run it.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace magwatch::test {

inline std::string example_protocol()
{
    std::ifstream in{MAGWATCH_SOURCE_DIR "/rules/protocol/example.protocol.toml", std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
}

// The same as a site that approved it would have it.
inline std::string approved_protocol()
{
    std::string text = example_protocol();
    const std::string stamp = "example = true\n";
    text.replace(text.find("\n" + stamp) + 1, stamp.size(),
                 "approver = \"Dr A. Lead\"\napproved = \"2026-05-01\"\n");
    text.replace(text.find("MG-EXAMPLE"), 10, "MG-7");
    return text;
}

} // namespace magwatch::test
