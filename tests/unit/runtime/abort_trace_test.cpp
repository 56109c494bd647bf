#include <csignal>
#include <cstdlib>

#include <gtest/gtest.h>

#include "runtime/abort_trace.hpp"

namespace magwatch {
namespace {

TEST(AbortTrace, SaysWhereItStoodAndEndsAsItWouldHave)
{
    const auto ended = [] {
        trace_on_abort();
        std::abort();
    };
    EXPECT_EXIT(ended(), testing::KilledBySignal(SIGABRT), "ended by SIGABRT, standing at:\n.*\\(.*\\[0x");
}

TEST(AbortTrace, OfASignalFromOutsideToo)
{
    const auto ended = [] {
        trace_on_abort();
        ::raise(SIGABRT);
    };
    EXPECT_EXIT(ended(), testing::KilledBySignal(SIGABRT), "standing at:");
}

} // namespace
} // namespace magwatch
