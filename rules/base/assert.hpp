// Programmer errors end the process, in release builds too: systemd restarts it and the journal
// brings the state back. Never reachable from device, operator or configuration bytes.
#pragma once

#include <cstdio>
#include <cstdlib>

#define MAGWATCH_ASSERT(condition)                                                                 \
    do {                                                                                           \
        if (!(condition)) [[unlikely]] {                                                           \
            std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                                          \
        }                                                                                          \
    } while (false)
