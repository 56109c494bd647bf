// Gateways to people, and the channels that go through them, as the configuration states them.
#include <algorithm>

#include <gmock/gmock.h>

#include "daemon/config/gateways.hpp"
#include "tests/unit/config/reading.hpp"

namespace magwatch {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string with_person(const std::string& channel)
{
    return "[[person]]\nname = \"midwife-1\"\nchannels = [" + channel + "]\n";
}

const std::string alertmanager = R"([[pager.alertmanager]]
name = "hospital"
urls = ["https://alerts-1.example:9093", "https://alerts-2.example:9093"]
user = "ward"
secret = "credential:alerts"
ca_file = "/etc/ssl/hospital.pem"
)";

TEST(AlertmanagerSection, SaysEverythingTheChannelNeeds)
{
    const auto loaded = load(with_person(R"({ kind = "alertmanager", gateway = "hospital" })") + alertmanager);
    ASSERT_TRUE(loaded.config) << loaded.errors[0].text();
    EXPECT_EQ(loaded.config->ward.people[0].channels[0].kind, "alertmanager");
    EXPECT_EQ(loaded.config->ward.people[0].channels[0].address, "hospital");
    ASSERT_THAT(loaded.config->pager.alertmanager, SizeIs(1));
    const auto cluster = alertmanager_cluster(loaded.config->pager.alertmanager[0], "Ward L4");
    EXPECT_THAT(cluster.urls, ElementsAre("https://alerts-1.example:9093", "https://alerts-2.example:9093"));
    EXPECT_EQ(cluster.ward, "Ward L4");
    EXPECT_EQ(cluster.login.user, "ward");
    EXPECT_EQ(cluster.ca_file, "/etc/ssl/hospital.pem");
    EXPECT_THAT(mistakes(cluster), IsEmpty());
}

TEST(AlertmanagerSection, IsRefusedWithItsMistakes)
{
    const std::string channel = with_person(R"({ kind = "alertmanager", gateway = "hospital" })");
    EXPECT_THAT(errors(channel), ElementsAre(HasSubstr("there is no [[pager.alertmanager]] named 'hospital'")));
    const auto broken = [&](const std::string& from, const std::string& to) {
        std::string text = channel + alertmanager;
        text.replace(text.find(from), from.size(), to);
        return errors(text);
    };
    EXPECT_THAT(broken("https://alerts-1", "http://alerts-1"), ElementsAre(HasSubstr("is for this machine alone")));
    EXPECT_THAT(broken("credential:alerts", "hunter2"), Contains(HasSubstr("never holds the secret itself")));
    EXPECT_THAT(broken("urls", "url"), Contains(HasSubstr("missing 'urls'")));
    EXPECT_THAT(broken("ca_file", "cafile"), ElementsAre(HasSubstr("cafile")));
    EXPECT_THAT(errors(channel + alertmanager + alertmanager), Contains(HasSubstr("a second Alertmanager")));
}

const std::string ntfy = R"([[pager.ntfy]]
name = "ward"
url = "https://ntfy.ward.example"
secret = "credential:ntfy"
)";

TEST(NtfySection, SaysEverythingTheChannelNeeds)
{
    const auto loaded = load(with_person(R"({ kind = "ntfy", gateway = "ward", topic = "midwives_L4" })") + ntfy);
    ASSERT_TRUE(loaded.config) << loaded.errors[0].text();
    EXPECT_EQ(loaded.config->ward.people[0].channels[0].address, "ward midwives_L4");
    ASSERT_THAT(loaded.config->pager.ntfy, SizeIs(1));
    EXPECT_EQ(loaded.config->pager.ntfy[0].login.secret, "credential:ntfy");
    EXPECT_EQ(ntfy_server(loaded.config->pager.ntfy[0]).url, "https://ntfy.ward.example");
}

TEST(NtfySection, IsRefusedWithItsMistakes)
{
    const std::string text = with_person(R"({ kind = "ntfy", gateway = "ward", topic = "midwives_L4" })") + ntfy;
    const auto broken = [&](const std::string& from, const std::string& to) {
        std::string other = text;
        other.replace(other.find(from), from.size(), to);
        return errors(other);
    };
    EXPECT_THAT(broken("ntfy.ward.example", "ntfy.sh"), ElementsAre(HasSubstr("ntfy.sh is public")));
    EXPECT_THAT(broken("https:", "http:"), ElementsAre(HasSubstr("this machine alone")));
    EXPECT_THAT(broken("midwives_L4", "mid wives"), ElementsAre(HasSubstr("'topic' is 1 to 64")));
    EXPECT_THAT(broken("secret = \"credential:ntfy\"\n", ""), ElementsAre(HasSubstr("a secret is needed")));
    EXPECT_THAT(broken("gateway = \"ward\"", "gateway = \"wart\""), ElementsAre(HasSubstr("no [[pager.ntfy]] named")));
    EXPECT_THAT(broken("secret", "token"), Contains(HasSubstr("unknown key 'token'")));
}

const std::string sms = R"([[pager.sms]]
name = "city"
url = "https://sms.example/send"
format = "form"
fields = { To = "{to}", Body = "{text}" }
)";
const std::string sms_replies = R"([pager.sms.callback]
proof = "hmac-sha256"
header = "X-Signature"
secret = "credential:callback"
reference = "id"
sender = "from"
text = "text"
)";
const std::string sms_statuses = R"([pager.sms.callback]
proof = "hmac-sha256"
header = "X-Signature"
secret = "credential:callback"
reference = "id"
status = "status"
words = { delivered = "delivered" }
)";
const std::string hears = "[callbacks]\nlisten = \"127.0.0.1:8443\"\nurl = \"http://127.0.0.1:8443\"\n";

// Whether the only person's only channel asks for typed codes.
bool asks_for_a_code(const std::string& channel, const std::string& sections)
{
    const auto loaded = load(with_person(channel) + sections);
    EXPECT_TRUE(loaded.config) << loaded.errors[0].text();
    return loaded.config && loaded.config->ward.people.at(0).channels.at(0).replies;
}

TEST(ReplyCodes, AreAskedForWhereTheGatewayBringsReplies)
{
    const std::string person = R"({ kind = "sms", gateway = "city", to = "+447700900123" })";
    EXPECT_TRUE(asks_for_a_code(person, sms + sms_replies + hears));
    EXPECT_FALSE(asks_for_a_code(person, sms));
    EXPECT_FALSE(asks_for_a_code(person, sms + sms_statuses + hears)) << "it tells statuses alone";
    // Another gateway's replies are not this one's.
    std::string other = sms;
    other.replace(other.find("city"), 4, "town");
    EXPECT_FALSE(asks_for_a_code(person, other + sms_replies + sms + hears));
    // Answers are chosen there, or there are none.
    EXPECT_FALSE(asks_for_a_code(R"({ kind = "ntfy", gateway = "ward", topic = "midwives_L4" })", ntfy));
}

const std::string wctp = R"([[pager.wctp]]
name = "carrier"
url = "https://wctp.example/wctp"
sender = "ward-l4"
secret = "credential:wctp"
)";

TEST(WctpSection, SaysEverythingTheChannelNeedsOrIsRefused)
{
    const std::string text = with_person(R"({ kind = "wctp", gateway = "carrier", recipient = "5551234" })") + wctp;
    const auto loaded = load(text);
    ASSERT_TRUE(loaded.config) << loaded.errors[0].text();
    EXPECT_EQ(loaded.config->ward.people[0].channels[0].address, "carrier 5551234");
    ASSERT_THAT(loaded.config->pager.wctp, SizeIs(1));
    EXPECT_TRUE(loaded.config->pager.wctp[0].replies);
    EXPECT_EQ(wctp_carrier(loaded.config->pager.wctp[0]).sender_id, "ward-l4");
    const auto broken = [&](const std::string& from, const std::string& to) {
        std::string other = text;
        other.replace(other.find(from), from.size(), to);
        return errors(other);
    };
    EXPECT_THAT(broken("https:", "http:"), ElementsAre(HasSubstr("this machine alone")));
    EXPECT_THAT(broken("5551234", "555 1234"), ElementsAre(HasSubstr("'recipient' is one word")));
    EXPECT_THAT(broken("sender = \"ward-l4\"\n", ""), Contains(HasSubstr("sender")));
    EXPECT_THAT(broken("credential:wctp", "1234"), Contains(HasSubstr("never holds the secret itself")));
    EXPECT_THAT(broken("secret", "security_code"), Contains(HasSubstr("unknown key 'security_code'")));
}

const std::string pcd = R"([[pager.pcd04]]
name = "hospital"
host = "127.0.0.1"
port = 2575
system_id = "0009FBFFFF112233"
application = "MANAGER"
[pager.pcd05]
listen = "127.0.0.1:2576"
)";

TEST(PcdSection, SaysEverythingTheChannelNeedsOrIsRefused)
{
    const std::string text = with_person(R"({ kind = "pcd04", gateway = "hospital" })") + pcd;
    const auto loaded = load(text);
    ASSERT_TRUE(loaded.config) << loaded.errors[0].text();
    EXPECT_EQ(loaded.config->ward.people[0].channels[0].address, "hospital");
    ASSERT_THAT(loaded.config->pager.pcd04, SizeIs(1));
    EXPECT_EQ(pcd_manager(loaded.config->pager.pcd04[0], "L4").application, "MANAGER");
    EXPECT_EQ(loaded.config->pager.pcd05->listen.port, 2576);
    const auto broken = [&](const std::string& from, const std::string& to) {
        std::string other = text;
        other.replace(other.find(from), from.size(), to);
        return errors(other);
    };
    EXPECT_THAT(broken("112233", "11223"), ElementsAre(HasSubstr("EUI-64")));
    EXPECT_THAT(broken("host = \"127.0.0.1\"", "host = \"alarms.example\""), ElementsAre(HasSubstr("not encrypted")));
    EXPECT_THAT(broken("port = 2575\n", ""), ElementsAre(HasSubstr("port")));
    EXPECT_THAT(broken("127.0.0.1:2576", "10.0.0.1:2576"), ElementsAre(HasSubstr("neither encryption nor identity")));
    EXPECT_THAT(broken("application", "app"), ElementsAre(HasSubstr("unknown key 'app'")));
}

} // namespace
} // namespace magwatch
