// The floor: an epoll loop that finds the frame's end, walks every field, reads the 12 numbers and
// answers with the control id. No beds, no codes, no units, no limits, no memory of what was
// answered, no commit.
#pragma once

namespace magwatch::bench
{

// Serves the listening socket (non-blocking) for ever.
[[noreturn]] void run_floor(int listener);

} // namespace magwatch::bench
