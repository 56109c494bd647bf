// Who outside calls us ([callbacks]) and who is told that we live ([[heartbeat]]), and their mail server's authority.
#include <gmock/gmock.h>

#include "tests/unit/config/reading.hpp"

namespace magwatch {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::string callbacks = R"([callbacks]
listen = "0.0.0.0:8443"
url = "https://ward.example:8443"
certificate = "credential:crt"
key = "credential:key"
allow_from = ["192.0.2.10"]
)";

// The errors of a good section of which `from` is replaced by `to`.
std::vector<std::string> broken(std::string text, const std::string& from, const std::string& to)
{
    text.replace(text.find(from), from.size(), to);
    return errors(text);
}

TEST(CallbacksSection, SaysEverythingTheListenerNeeds)
{
    const auto loaded = load(callbacks);
    ASSERT_TRUE(loaded.config) << loaded.errors[0].text();
    ASSERT_TRUE(loaded.config->callbacks);
    EXPECT_EQ(loaded.config->callbacks->listen.host, "0.0.0.0");
    EXPECT_EQ(loaded.config->callbacks->listen.port, 8443);
    EXPECT_EQ(loaded.config->callbacks->url, "https://ward.example:8443");
    EXPECT_EQ(loaded.config->callbacks->certificate, "credential:crt");
    EXPECT_EQ(loaded.config->callbacks->key, "credential:key");
    EXPECT_THAT(loaded.config->callbacks->allow_from, ElementsAre("192.0.2.10"));
    EXPECT_THAT(errors("[callbacks]\nlisten = \"127.0.0.1:8443\"\nurl = \"http://127.0.0.1:8443\"\n"), IsEmpty())
        << "behind a proxy of this machine neither TLS nor a list is needed";
    EXPECT_FALSE(load("").config->callbacks);
}

TEST(CallbacksSection, EachMistakeIsRefusedInWords)
{
    const auto wrong = [](const std::string& from, const std::string& to) { return broken(callbacks, from, to); };
    EXPECT_THAT(wrong("listen = \"0.0.0.0:8443\"\n", ""), Contains(HasSubstr("missing 'listen'")));
    EXPECT_THAT(wrong("0.0.0.0:8443", "ward.example"), ElementsAre(HasSubstr("an address and a port")));
    EXPECT_THAT(wrong("key = \"credential:key\"\n", ""), ElementsAre(HasSubstr("'certificate' and 'key' belong together")));
    EXPECT_THAT(wrong("certificate = \"credential:crt\"\nkey = \"credential:key\"\n", ""),
                ElementsAre(HasSubstr("off this machine callbacks need TLS")));
    EXPECT_THAT(wrong("credential:key", "-----BEGIN PRIVATE KEY-----"),
                ElementsAre(HasSubstr("never holds the secret itself")));
    EXPECT_THAT(wrong("allow_from = [\"192.0.2.10\"]\n", ""), ElementsAre(HasSubstr("nobody else may connect")));
    EXPECT_THAT(wrong("192.0.2.10", "gateway.example"), Contains(HasSubstr("gateway.example")));
    std::string many = "\"192.0.2.1\"";
    for (int i = 2; i <= 16; ++i) many += ", \"192.0.2." + std::to_string(i) + "\"";
    EXPECT_THAT(wrong("\"192.0.2.10\"", many), ElementsAre(HasSubstr("at most 15 addresses")));
    EXPECT_THAT(wrong("https://ward.example:8443", "http://ward.example:8443"), ElementsAre(HasSubstr("use https")));
    for (const char* url : {"https://ward.example:8443/sms", "https://ward.example?x=1", "ward.example"})
        EXPECT_THAT(wrong("https://ward.example:8443", url), ElementsAre(HasSubstr("without a path"))) << url;
    EXPECT_THAT(wrong("allow_from", "allowed"), Contains(HasSubstr("unknown key 'allowed'")));
}

const std::string webhook = R"([[heartbeat]]
name = "outside"
kind = "webhook"
url = "https://watch.example/heartbeat"
secret = "credential:beat"
)";
const std::string ping = R"([[heartbeat]]
name = "ping"
kind = "healthchecks"
url = "https://hc.example/ping"
)";
const std::string watchdog = R"([[heartbeat]]
name = "watchdog"
kind = "alertmanager"
gateway = "hospital"
[[pager.alertmanager]]
name = "hospital"
urls = ["https://alerts.example:9093"]
)";

TEST(HeartbeatSection, SaysEverythingAReceiverNeeds)
{
    const auto loaded = load(webhook + "every = \"10 s\"\nplanned_stop = \"10 min\"\nca_file = \"/etc/ca.pem\"\n" + ping +
                             watchdog);
    ASSERT_TRUE(loaded.config) << loaded.errors[0].text();
    const auto& all = loaded.config->heartbeats;
    ASSERT_THAT(all, SizeIs(3));
    EXPECT_EQ(all[0].kind, HeartbeatKind::webhook);
    EXPECT_EQ(all[0].secret, "credential:beat");
    EXPECT_EQ(all[0].every, Duration{10'000});
    EXPECT_EQ(all[0].planned_stop, Duration{600'000});
    EXPECT_EQ(all[0].ca_file, "/etc/ca.pem");
    EXPECT_EQ(all[1].kind, HeartbeatKind::healthchecks);
    EXPECT_EQ(all[1].url, "https://hc.example/ping");
    EXPECT_EQ(all[1].every, Duration{30'000});
    EXPECT_EQ(all[2].kind, HeartbeatKind::alertmanager);
    EXPECT_EQ(all[2].gateway, "hospital");
}

TEST(HeartbeatSection, EachMistakeIsRefusedInWords)
{
    const auto wrong = [](const std::string& from, const std::string& to) { return broken(webhook, from, to); };
    EXPECT_THAT(wrong("name = \"outside\"\n", ""), Contains(HasSubstr("missing 'name'")));
    EXPECT_THAT(wrong("kind = \"webhook\"\n", ""), Contains(HasSubstr("missing 'kind'")));
    EXPECT_THAT(wrong("\"webhook\"", "\"pigeon\""), Contains(HasSubstr("\"pigeon\" is not one of")));
    EXPECT_THAT(wrong("secret = \"credential:beat\"\n", ""), ElementsAre(HasSubstr("a webhook's heartbeat is signed")));
    EXPECT_THAT(wrong("credential:beat", "whsec_abc"), ElementsAre(HasSubstr("never holds the secret itself")));
    EXPECT_THAT(wrong("url = \"https://watch.example/heartbeat\"\n", ""), ElementsAre(HasSubstr("missing 'url'")));
    EXPECT_THAT(wrong("https://watch", "http://watch"), ElementsAre(HasSubstr("leaves the machine unencrypted")));
    EXPECT_THAT(wrong("https://watch", "https://user@watch"), ElementsAre(HasSubstr("without user")));
    EXPECT_THAT(errors(webhook + webhook), Contains(HasSubstr("a second heartbeat 'outside'")));
    EXPECT_THAT(errors(webhook + "every = \"6 min\"\n"), ElementsAre(HasSubstr("'every' is 6 min")));
    EXPECT_THAT(errors(webhook + "planned_stop = \"2 h\"\n"), ElementsAre(HasSubstr("'planned_stop' is 2 h")));
    EXPECT_THAT(errors(ping + "secret = \"credential:x\"\n"), ElementsAre(HasSubstr("its address is the secret")));
    EXPECT_THAT(errors(ping + "planned_stop = \"5 min\"\n"), ElementsAre(HasSubstr("unknown key 'planned_stop'")))
        << "a plain ping cannot say it";
    EXPECT_THAT(broken(watchdog, "gateway = \"hospital\"", "gateway = \"city\""),
                ElementsAre(HasSubstr("there is no [[pager.alertmanager]] named 'city'")));
    EXPECT_THAT(broken(watchdog, "gateway = \"hospital\"\n", ""), ElementsAre(HasSubstr("missing 'gateway'")));
    EXPECT_THAT(broken(watchdog, "gateway", "url = \"https://alerts.example\"\ngateway"),
                ElementsAre(HasSubstr("unknown key 'url'")))
        << "an Alertmanager's addresses stand with its gateway";
}

TEST(MailSection, TakesTheSitesOwnAuthority)
{
    const auto loaded = load("[pager.smtp]\nhost = \"mail.example\"\nfrom = \"a@b.example\"\nca_file = \"/etc/ca.pem\"\n");
    ASSERT_TRUE(loaded.config) << loaded.errors[0].text();
    ASSERT_TRUE(loaded.config->pager.smtp);
    EXPECT_EQ(loaded.config->pager.smtp->ca_file, "/etc/ca.pem");
}

} // namespace
} // namespace magwatch
