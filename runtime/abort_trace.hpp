// Where a program stood when it was ended: by the watchdog, or by itself.
#pragma once

namespace magwatch {

// From now on SIGABRT writes the stack of the thread that takes it to standard error, as addresses of code and nothing
// of what is in memory, before the process ends as it would have. systemd's watchdog sends it to the process, and so
// to the main thread, which is the ward loop's. Call it once, before other threads begin.
void trace_on_abort();

} // namespace magwatch
