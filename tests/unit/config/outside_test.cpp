// Who outside calls us ([callbacks]) and who is told that we live ([[heartbeat]]), and their mail server's authority.
#include <fmt/format.h>
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

const std::string board = R"([http]
listen = "0.0.0.0:8300"
tls_certificate = "credential:crt"
tls_key = "credential:key"
hosts = ["Ward-PC.example", "192.0.2.7", "2001:DB8::0:7"]
)";

TEST(HttpSection, OffThisMachineItHasACertificateAndNames)
{
    const auto loaded = load(board);
    ASSERT_TRUE(loaded.config) << loaded.errors[0].text();
    EXPECT_TRUE(loaded.config->http.tls());
    EXPECT_EQ(loaded.config->http.listen.host, "0.0.0.0");
    EXPECT_EQ(loaded.config->http.certificate, "credential:crt");
    EXPECT_EQ(loaded.config->http.key, "credential:key");
    EXPECT_THAT(loaded.config->http.hosts, ElementsAre("ward-pc.example", "192.0.2.7", "[2001:db8::7]"))
        << "as browsers write them into Host";
    EXPECT_FALSE(load("").config->http.tls());
    EXPECT_THAT(errors("[http]\nlisten = \"[::1]:8300\"\n"), IsEmpty()) << "loopback needs none";
    EXPECT_THAT(broken(board, "hosts = [\"Ward-PC.example\", \"192.0.2.7\", \"2001:DB8::0:7\"]\n", ""),
                ElementsAre(HasSubstr("nobody could reach it")));
}

TEST(HttpSection, IsNeverServedInTheClearOffThisMachine)
{
    const std::string both = "tls_certificate = \"credential:crt\"\ntls_key = \"credential:key\"\n";
    const std::string names = "hosts = [\"Ward-PC.example\", \"192.0.2.7\", \"2001:DB8::0:7\"]\n";
    for (const char* listen : {"0.0.0.0:8300", "[::]:8300", "192.0.2.7:8300", "[2001:db8::7]:8300", "128.0.0.1:80",
                               "[::ffff:127.0.0.1]:8300"})
        EXPECT_THAT(errors(fmt::format("[http]\nlisten = \"{}\"\n", listen)),
                    ElementsAre(HasSubstr("off this machine the board needs TLS")))
            << listen;
    EXPECT_THAT(broken(board, both, ""), ElementsAre(HasSubstr("off this machine the board needs TLS"),
                                                     HasSubstr("other names than those of loopback need TLS")));
    EXPECT_THAT(broken(board, "tls_key = \"credential:key\"\n", ""),
                Contains(HasSubstr("'tls_certificate' and 'tls_key' belong together")));
    EXPECT_THAT(broken(board, "credential:key", "-----BEGIN PRIVATE KEY-----"),
                ElementsAre(HasSubstr("never holds the secret itself")));
    for (const char* host : {"ward-pc.example:8300", "https://ward-pc.example", "*.example", "a b", "[192.0.2.7]",
                             "ward-pc.example.", "-x", "evil/..", "[2001:db8::7"})
        EXPECT_THAT(broken(board, names, fmt::format("hosts = [\"{}\"]\n", host)),
                    Contains(HasSubstr("neither a name nor an address")))
            << host;
}

TEST(HttpSection, TheCertificateIsJudgedWithTheFile)
{
    ConfigChecks checks;
    int asked = 0;
    checks.certificate = [&asked](const HttpConfig& http) {
        ++asked;
        EXPECT_THAT(http.hosts, SizeIs(3)) << "its names are known by then";
        return CertificateVerdict{{"the certificate has ended"}, {}};
    };
    const FileReader none = [](const std::string& path) { return Diagnostic{path, 0, 0, "no file", ""}; };
    const std::string ward = "[ward]\nname = \"l4\"\nmode = \"demo\"\n";
    const auto loaded = parse_config(ward + board, "/c/magwatch.toml", none, checks);
    EXPECT_FALSE(loaded.config);
    ASSERT_THAT(loaded.errors, SizeIs(1));
    EXPECT_THAT(loaded.errors[0].text(), HasSubstr("the certificate has ended"));
    EXPECT_TRUE(parse_config(ward, "/c/magwatch.toml", none, checks).config);
    EXPECT_EQ(asked, 1) << "without TLS there is nothing to judge";
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
