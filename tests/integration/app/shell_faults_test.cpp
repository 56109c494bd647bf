// What the ward is told of a fault that goes on under other words.
#include "daemon/app/shell_faults.hpp"

#include <gmock/gmock.h>

namespace magwatch {
namespace {

using ::testing::ElementsAre;

struct ShellFaultsTest : ::testing::Test {
    // Since the last look: "+words" is present, "-" is over.
    std::vector<std::string> news() { return std::exchange(told, {}); }
    void listen()
    {
        faults.tell_to([this](const ShellStatus& status) {
            told.push_back((status.present ? "+" : "-") + status.detail);
        });
    }
    ShellFaults faults;
    std::vector<std::string> told;
};

TEST_F(ShellFaultsTest, AreToldOncePerChange)
{
    listen();
    faults.set(ShellFault::audit, false, "");
    faults.set(ShellFault::audit, true, "disk");
    faults.set(ShellFault::audit, true, "disk");
    EXPECT_THAT(news(), ElementsAre("+disk"));
    EXPECT_TRUE(faults.stands(ShellFault::audit));
    faults.set(ShellFault::audit, false, "");
    EXPECT_THAT(news(), ElementsAre("-"));
    EXPECT_FALSE(faults.stands(ShellFault::audit));
}

// The alarm that is open says what is wrong now, as the status does, and nobody is rung for it.
TEST_F(ShellFaultsTest, UnderOtherWordsAreToldInTheAlarmThatIsOpen)
{
    listen();
    faults.set(ShellFault::journal, true, "Records cannot be saved: disk full");
    faults.set(ShellFault::journal, true, "Records may be missing");
    EXPECT_THAT(news(), ElementsAre("+Records cannot be saved: disk full", "+Records may be missing"));
    EXPECT_EQ(faults.words(ShellFault::journal), "Records may be missing");
}

TEST_F(ShellFaultsTest, OfAConfigurationRingAnew)
{
    listen();
    faults.set(ShellFault::configuration, true, "unknown key a");
    faults.set(ShellFault::configuration, true, "unknown key b");
    EXPECT_THAT(news(), ElementsAre("+unknown key a", "-", "+unknown key b"));
}

TEST_F(ShellFaultsTest, OfChannelsKeepTheirOwnPace)
{
    listen();
    faults.set(ShellFault::channel, true, "sms does not answer for 30 s");
    faults.set(ShellFault::channel, true, "sms does not answer for 31 s");
    EXPECT_THAT(news(), ElementsAre("+sms does not answer for 30 s"));
    faults.say_again(ShellFault::channel);
    EXPECT_THAT(news(), ElementsAre("+sms does not answer for 31 s"));
    faults.set(ShellFault::channel, false, "");
    faults.say_again(ShellFault::channel);
    EXPECT_THAT(news(), ElementsAre("-")) << "what is over is not said again";
}

TEST_F(ShellFaultsTest, BeforeAnybodyListensAreKept)
{
    faults.set(ShellFault::history, true, "Trends are not being saved");
    listen();
    EXPECT_THAT(news(), ElementsAre("+Trends are not being saved"));
}

} // namespace
} // namespace magwatch
