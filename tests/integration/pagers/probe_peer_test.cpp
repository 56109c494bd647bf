// Channels that are asked whether they are there, though nothing is to be said: real servers behind each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/pagers/sms_gateway.hpp"
#include "adapters/pagers/smtp.hpp"
#include "adapters/pagers/snpp.hpp"
#include "adapters/pagers/webhook.hpp"
#include "tests/integration/pagers/certificate.hpp"
#include "tests/integration/pagers/peer.hpp"
#include "tests/integration/pagers/rig.hpp"

namespace magwatch::adapters {
namespace {

using namespace testing_support;

constexpr Duration often{30};
const std::string web_peer = "tests/integration/pagers/plain_peer.py";
const std::string mail_peer = "tests/integration/pagers/smtp_peer.py";

std::vector<WebhookEndpoint> webhook(const std::string& scheme, std::uint16_t port, const std::string& ca = "")
{
    std::vector<WebhookEndpoint> all(1);
    all[0].name = all[0].url = scheme + "://127.0.0.1:" + std::to_string(port) + "/hook";
    all[0].keys.emplace_back(Secret{std::string(32, 'k')});
    all[0].ca_file = ca;
    return all;
}

SmtpServer mail_server(std::uint16_t port, const std::string& ca = "")
{
    SmtpServer server;
    server.host = "127.0.0.1";
    server.port = port;
    server.allow_plain = ca.empty();
    server.ca_file = ca;
    server.from = "ward@hospital.example";
    return server;
}

std::vector<SnppGateway> snpp(std::uint16_t port)
{
    std::vector<SnppGateway> all(1);
    all[0].name = "hospital";
    all[0].host = "127.0.0.1";
    all[0].port = port;
    return all;
}

std::vector<SmsGateway> sms(std::uint16_t port)
{
    std::vector<SmsGateway> all(1);
    all[0].name = "city";
    all[0].url = "http://127.0.0.1:" + std::to_string(port) + "/send";
    all[0].fields = {{"to", "{to}"}, {"text", "{text}"}};
    return all;
}

// What the probes found, once they agree; none of it is a page.
ChannelProbe found(Rig& rig, const Pager& pager)
{
    const auto settled = [&] {
        const ChannelProbe probe = pager.health().at(0).probe;
        return probe == ChannelProbe::answers || probe == ChannelProbe::silent;
    };
    EXPECT_TRUE(rig.until(settled));
    EXPECT_EQ(pager.health().at(0).attempts, 0U);
    return pager.health().at(0).probe;
}

TEST(ProbePeer, AWebhookIsReachedWithoutAWord)
{
    Rig rig;
    Peer peer{web_peer, {"200"}};
    const WebhookPager there{rig.parts(), webhook("http", peer.port()), often};
    EXPECT_EQ(found(rig, there), ChannelProbe::answers);
    EXPECT_FALSE(peer.line(std::chrono::milliseconds{100})) << "nobody was told anything";
    const WebhookPager gone{rig.parts(), webhook("http", closed_port()), often};
    EXPECT_EQ(found(rig, gone), ChannelProbe::silent);
    EXPECT_EQ(gone.health()[0].detail, "connection refused");
}

TEST(ProbePeer, AWebhookOfAnotherCertificateIsSilent)
{
    Rig rig;
    Certificate ours{"IP:127.0.0.1"}, other{"IP:127.0.0.1"};
    Peer peer{web_peer, {"--tls", ours.file(), ours.key(), "200"}};
    const WebhookPager good{rig.parts(), webhook("https", peer.port(), ours.file()), often};
    EXPECT_EQ(found(rig, good), ChannelProbe::answers);
    const WebhookPager bad{rig.parts(), webhook("https", peer.port(), other.file()), often};
    EXPECT_EQ(found(rig, bad), ChannelProbe::silent);
    EXPECT_EQ(bad.health()[0].detail, "certificate refused");
}

TEST(ProbePeer, AnSmsGatewayIsReachedWithoutAMessage)
{
    Rig rig;
    Peer peer{web_peer, {"200"}};
    const SmsPager there{rig.parts(), sms(peer.port()), often};
    EXPECT_EQ(found(rig, there), ChannelProbe::answers);
    EXPECT_FALSE(peer.line(std::chrono::milliseconds{100}));
    const SmsPager gone{rig.parts(), sms(closed_port()), often};
    EXPECT_EQ(found(rig, gone), ChannelProbe::silent);
}

TEST(ProbePeer, AMailServerIsGreetedAndGetsNoMail)
{
    Rig rig;
    Certificate ours{"IP:127.0.0.1"}, other{"IP:127.0.0.1"};
    Peer peer{mail_peer, {"--tls", ours.file(), ours.key()}};
    const SmtpPager there{rig.parts(), mail_server(peer.port(), ours.file()), often};
    EXPECT_EQ(found(rig, there), ChannelProbe::answers);
    EXPECT_FALSE(peer.line(std::chrono::milliseconds{100}));
    const SmtpPager untrusted{rig.parts(), mail_server(peer.port(), other.file()), often};
    EXPECT_EQ(found(rig, untrusted), ChannelProbe::silent);
    EXPECT_EQ(untrusted.health()[0].detail, "certificate refused");
    Peer plain{mail_peer, {}};
    const SmtpPager clear{rig.parts(), mail_server(plain.port(), ours.file()), often};
    EXPECT_EQ(found(rig, clear), ChannelProbe::silent);
    EXPECT_EQ(clear.health()[0].detail, "no encryption offered");
}

TEST(ProbePeer, AnSnppGatewayGreets)
{
    Rig rig;
    Peer peer{"tests/integration/pagers/snpp_peer.pl", {"2"}};
    const SnppPager there{rig.queue_parts(), snpp(peer.port()), Duration{5'000}, {}, often};
    EXPECT_EQ(found(rig, there), ChannelProbe::answers);
    const SnppPager gone{rig.queue_parts(), snpp(closed_port()), Duration{5'000}, {}, often};
    EXPECT_EQ(found(rig, gone), ChannelProbe::silent);
    EXPECT_EQ(gone.health()[0].detail, "connection refused");
    // A server of something else: mail greets with 220 as well, a web server does not.
    Peer web{web_peer, {"200"}};
    const SnppPager wrong{rig.queue_parts(), snpp(web.port()), Duration{100}, {}, often};
    EXPECT_EQ(found(rig, wrong), ChannelProbe::silent);
}

TEST(ProbePeer, OneThatComesBackAnswersAgain)
{
    Rig rig;
    const std::uint16_t port = closed_port();
    const WebhookPager pager{rig.parts(), webhook("http", port), often};
    EXPECT_EQ(found(rig, pager), ChannelProbe::silent);
    Peer peer{web_peer, {"--port", std::to_string(port), "200"}};
    EXPECT_TRUE(rig.until([&] { return pager.health()[0].probe == ChannelProbe::answers; }));
}

} // namespace
} // namespace magwatch::adapters
