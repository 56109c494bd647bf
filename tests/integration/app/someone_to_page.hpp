// The rest of a configuration that a ward needs to run: somebody to page, and a way to them.
#pragma once

namespace magwatch::test {

inline constexpr const char* someone_to_page = R"([[person]]
name = "midwife-1"
role = "bedside"
channels = [{ kind = "smtp", to = "m@ward.example" }]
[escalation.high]
rungs = [["bedside"]]
wait = "60 s"
[escalation.technical]
rungs = [["bedside"]]
wait = "60 s"
[pager.smtp]
host = "127.0.0.1"
port = 2525
starttls = false
from = "magwatch@ward.example"
)";

} // namespace magwatch::test
