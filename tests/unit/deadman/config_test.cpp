#include "tools/deadman/config.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "tests/support/temporary_directory.hpp"
#include "tools/deadman/state_file.hpp"

namespace magwatch::deadman {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class DeadmanFiles : public ::testing::Test {
protected:
    DeadmanFiles()
    {
        write("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
        write("other", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx\n");
    }
    void write(const std::string& name, const std::string& text) const
    {
        std::ofstream{folder_ + "/" + name} << text;
        fs::permissions(folder_ + "/" + name, fs::perms::owner_read | fs::perms::owner_write);
    }
    // A certificate that is its own authority, and its key.
    void make_pair(const std::string& name) const
    {
        const std::string path = folder_ + "/" + name;
        const std::string command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
                                    " -subj /CN=test -keyout " + path + ".key -out " + path + ".crt 2> " + path + ".log";
        ASSERT_EQ(std::system(command.c_str()), 0);
        for (const char* end : {".key", ".crt"})
            fs::permissions(path + end, fs::perms::owner_read | fs::perms::owner_write);
    }
    std::string good() const
    {
        return "state = \"/var/lib/x\"\n[[ward]]\nname = \"l4\"\nlabel = \"Ward L4\"\nsecret = \"file:" + folder_ +
               "/key\"\n[[webhook]]\nname = \"hook\"\nurl = \"https://pager.example/page\"\nsecret = \"file:" +
               folder_ + "/other\"\n";
    }
    std::vector<std::string> mistakes(const std::string& more) const
    {
        return read_config("d.toml", good() + more).mistakes;
    }
    test::TemporaryDirectory own_{"magwatch-deadman"};
    std::string folder_ = own_.path();
};

TEST_F(DeadmanFiles, AGoodConfigurationHasTheDefaultsOfTheDesign)
{
    const LoadedConfig loaded = read_config("d.toml", good());
    EXPECT_THAT(loaded.mistakes, IsEmpty());
    ASSERT_EQ(loaded.config.wards.size(), 1U);
    const Rules& rules = loaded.config.wards[0].rules;
    EXPECT_EQ(rules.every.count(), 30'000);
    EXPECT_EQ(rules.misses, 3U);
    EXPECT_EQ(loaded.config.listen.host, "127.0.0.1");
}

TEST_F(DeadmanFiles, MistakesAreSaidAllAtOnceWithTheirPlace)
{
    const auto found = mistakes("[listen]\naddress = \"0.0.0.0:8600\"\nport = 1\n[[mail]]\nname = \"m\"\nhost = \"mx.example\"\n"
                                "from = \"a b\"\nto = [\"x\\r\\n@y\"]\nstarttls = false\n");
    EXPECT_THAT(found, Contains(HasSubstr("needs TLS")));
    EXPECT_THAT(found, Contains(HasSubstr("port")));
    EXPECT_THAT(found, Contains(HasSubstr("d.toml:16:8: error: is no mail address")));
    EXPECT_THAT(found, Contains(HasSubstr("unencrypted")));
    EXPECT_THAT(found, Contains(HasSubstr("entry 1 is no mail address")));
    EXPECT_EQ(found.size(), 5U);
}

TEST_F(DeadmanFiles, NobodyToWatchOrToTellIsAMistake)
{
    const auto found = read_config("d.toml", "state = \"/x\"\n").mistakes;
    EXPECT_THAT(found, Contains(HasSubstr("nobody would be watched")));
    EXPECT_THAT(found, Contains(HasSubstr("nobody would hear")));
}

TEST_F(DeadmanFiles, WhatWouldTravelPlainlyOrBlurWardsIsRefused)
{
    const std::string hook = "[[webhook]]\nname = \"b\"\nsecret = \"file:" + folder_ + "/other\"\nurl = ";
    EXPECT_THAT(mistakes(hook + "\"http://10.0.0.5/page\"\n"), Contains(HasSubstr("use https")));
    EXPECT_THAT(mistakes(hook + "\"ftp://10.0.0.5/page\"\n"), Contains(HasSubstr("'url' must be")));
    EXPECT_THAT(mistakes(hook + "\"https://u:p@10.0.0.5/page\"\n"), Contains(HasSubstr("no user")));
    EXPECT_THAT(mistakes(hook + "\"http://127.0.0.1:1/page\"\n"), IsEmpty());
    const std::string ward = "[[ward]]\nname = \"l5\"\nlabel = \"Ward {5}\"\nsecret = \"file:" + folder_ + "/key\"\n";
    EXPECT_THAT(mistakes(ward), Contains(HasSubstr("must not share")));
    EXPECT_THAT(mistakes(ward), Contains(HasSubstr("plain letters")));
}

TEST_F(DeadmanFiles, AnAuthorityThatCannotBeUsedIsFoundBeforeTheFirstAlarm)
{
    write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    const auto hook = [&](const std::string& file) {
        return mistakes("[[webhook]]\nname = \"b\"\nsecret = \"file:" + folder_ +
                        "/other\"\nurl = \"https://pager.example/b\"\nca_file = \"" + folder_ + "/" + file + "\"\n");
    };
    const auto mail = [&](const std::string& file) {
        return mistakes("[[mail]]\nname = \"m\"\nhost = \"mx.example\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n"
                        "ca_file = \"" + folder_ + "/" + file + "\"\n");
    };
    EXPECT_THAT(hook("ca.pem"), IsEmpty());
    EXPECT_THAT(mail("ca.pem"), IsEmpty());
    EXPECT_THAT(hook("none.pem"), Contains(HasSubstr("cannot be read")));
    EXPECT_THAT(mail("none.pem"), Contains(HasSubstr("cannot be read")));
    EXPECT_THAT(mail("key"), Contains(HasSubstr("holds no certificate")));
}

TEST_F(DeadmanFiles, ACertificateOrKeyThatTlsCannotUseIsAMistake)
{
    make_pair("good");
    make_pair("other");
    write("junk", "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n");
    const auto listen = [&](const std::string& certificate, const std::string& key) {
        return mistakes("[listen]\naddress = \"0.0.0.0:8600\"\ncertificate = \"file:" + folder_ + "/" + certificate +
                        "\"\nkey = \"file:" + folder_ + "/" + key + "\"\n");
    };
    EXPECT_THAT(listen("good.crt", "good.key"), IsEmpty());
    EXPECT_THAT(listen("junk", "good.key"), ElementsAre(HasSubstr("d.toml:12:15: error: is no certificate")));
    EXPECT_THAT(listen("good.crt", "junk"), ElementsAre(HasSubstr("d.toml:13:7: error: is not the key")));
    EXPECT_THAT(listen("good.crt", "other.key"), ElementsAre(HasSubstr("is not the key of the certificate")));
}

TEST_F(DeadmanFiles, TheStateIsReadAsItWasWritten)
{
    Saved saved;
    saved.ever_heard = true;
    saved.heard_ms = 7;
    saved.last = {3, UINT64_MAX, 9, 4, 2, 1.5, false, Stop{"systemd", 13, "02:24"}};
    saved.beds = 5;
    saved.audit = AuditHead{7, std::string(64, 'a')};
    saved.audit_before = AuditHead{9, std::string(64, 'b')};
    saved.open[1] = Saved::Open{11, 12};
    ASSERT_EQ(write_state(folder_, {{"l4", saved}}).wrong, "");
    const ReadState read = read_state(folder_);
    EXPECT_EQ(read.wrong, "");
    const Saved& back = read.states.at("l4");
    EXPECT_EQ(back.last.sequence, UINT64_MAX);
    EXPECT_EQ(back.last.stamp, 9);
    EXPECT_EQ(back.last.planned_ends, 2U);
    ASSERT_TRUE(back.audit && back.audit_before);
    EXPECT_EQ(back.audit->sequence, 7U);
    EXPECT_EQ(back.audit_before->hash, std::string(64, 'b'));
    EXPECT_EQ(back.last.oldest_data_seconds, 1.5);
    ASSERT_TRUE(back.last.stop);
    EXPECT_EQ(back.last.stop->by, "systemd");
    EXPECT_EQ(back.last.stop->back_by_ms, 13);
    EXPECT_EQ(back.last.stop->clock, "02:24");
    EXPECT_EQ(back.beds, 5U);
    EXPECT_FALSE(back.open[0]);
    ASSERT_TRUE(back.open[1]);
    EXPECT_EQ(back.open[1]->paged_ms, 12);
}

TEST_F(DeadmanFiles, AStateThatCannotBeReadIsMovedAsideAndSaid)
{
    write("deadman.json", "{\"format\": 1, \"wards\": {\"l4\": {}}}");
    const ReadState read = read_state(folder_);
    EXPECT_THAT(read.wrong, HasSubstr("moved aside"));
    EXPECT_TRUE(read.states.empty());
    EXPECT_TRUE(fs::exists(folder_ + "/deadman.json.bad"));
    EXPECT_EQ(read_state(folder_).wrong, "");
}

TEST_F(DeadmanFiles, AStateThatTheDiskDoesNotGiveIsSaidAndLeftWhereItIs)
{
    fs::create_directory(folder_ + "/deadman.json"); // to read one is an error of its own
    const ReadState read = read_state(folder_);
    EXPECT_THAT(read.wrong, HasSubstr("cannot be read"));
    EXPECT_TRUE(fs::exists(folder_ + "/deadman.json"));
    EXPECT_FALSE(write_state(folder_, {}).misplaced);
}

TEST_F(DeadmanFiles, AFolderThatCannotBeWrittenIsSaid)
{
    EXPECT_THAT(write_state(folder_ + "/none", {}).wrong, HasSubstr("cannot open"));
}

} // namespace
} // namespace magwatch::deadman
