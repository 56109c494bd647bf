// A pack of one rule and its cases, for tests of how cases run, are inherited and are loaded.
#pragma once

#include <string>

namespace magwatch::test {

inline std::string slow_pack(const std::string& name)
{
    return "name = \"" + name + R"toml("
title = "t"
version = "1"
[limits]
stop = { value = "12 /min", source = "s" }
[[rule]]
id = "slow"
title = "t"
message = "m"
source = "s"
priority = "medium"
for = "30 s"
clear_for = "10 s"
clear = "not (rr below stop + 2 /min)"
when = "rr below stop"
)toml";
}

// Right: raised at 40 s and cleared at 60 s.
inline std::string slow_case(const std::string& expect)
{
    return "[[case]]\ntitle = \"raises\"\nrule = \"slow\"\nseries = { rr = \"16x10 11x40 14x20\" }\nexpect = " + expect +
           "\n";
}
inline std::string slow_raises(const std::string& raised = "40 s")
{
    return slow_case("[\"raised " + raised + "\", \"cleared 60 s\"]");
}
inline const std::string slow_near_miss = "[[case]]\ntitle = \"quiet\"\nrule = \"slow\"\n"
                                          "series = { rr = \"16x10 11x29 12x60\" }\nexpect = []\n";

} // namespace magwatch::test
