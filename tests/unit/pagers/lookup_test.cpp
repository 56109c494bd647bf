// A gateway that is an address needs nobody to look it up.
#include "adapters/pagers/lookup.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace magwatch::adapters {
namespace {

using Error = boost::system::error_code;

// A name server that is dead: whoever asks it waits.
struct DeadResolver {
    boost::asio::io_context::executor_type get_executor() { return io.get_executor(); }
    template <class Found> void async_resolve(const std::string& host, const std::string&, Found)
    {
        asked.push_back(host);
    }
    boost::asio::io_context& io;
    std::vector<std::string> asked{};
};

TEST(Lookup, AnAddressAsksNoNameServer)
{
    boost::asio::io_context io;
    DeadResolver resolver{io};
    std::vector<std::string> found;
    const auto note = [&](const Error& error, const Endpoints& endpoints) {
        ASSERT_FALSE(error);
        ASSERT_EQ(endpoints.size(), 1U);
        found.push_back(endpoints.begin()->endpoint().address().to_string());
        EXPECT_EQ(endpoints.begin()->endpoint().port(), 444);
    };
    look_up(resolver, "gateway.example", 444, note);
    for (const char* host : {"192.0.2.7", "127.0.0.1", "2001:db8::7"}) look_up(resolver, host, 444, note);
    EXPECT_TRUE(found.empty()) << "never from within the call";
    io.run();
    EXPECT_EQ(found, (std::vector<std::string>{"192.0.2.7", "127.0.0.1", "2001:db8::7"}));
    EXPECT_EQ(resolver.asked, std::vector<std::string>{"gateway.example"});
}

TEST(Lookup, WhatIsNoAddressIsAName)
{
    for (const char* host : {"", "gateway", "192.0.2", "192.0.2.7.example", "localhost"})
        EXPECT_FALSE(numeric_endpoint(host, 444)) << host;
}

} // namespace
} // namespace magwatch::adapters
