#include "runtime/secret.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <type_traits>

#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/support/temporary_directory.hpp"

namespace magwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
template <class T>
concept Printable = requires(std::ostream& out, const T& t)
{
    out << t;
};
static_assert(!Printable<Secret>);

struct SecretTest : ::testing::Test {
    SecretTest()
    {
        setenv("CREDENTIALS_DIRECTORY", directory.c_str(), 1);
    }
    ~SecretTest() override { unsetenv("CREDENTIALS_DIRECTORY"); }
    void write(const std::string& name, const std::string& bytes)
    {
        std::ofstream{directory / name} << bytes;
    }
    static std::string reason(const std::string& reference)
    {
        const auto result = load_secret(reference);
        const auto* error = std::get_if<SecretError>(&result);
        return error != nullptr ? error->reason : "loaded";
    }
    test::TemporaryDirectory own{"magwatch-secret"};
    std::filesystem::path directory = own.path();
};

TEST_F(SecretTest, LoadsACredentialWithoutItsLineEnd)
{
    write("webhook-key", "s3cr3t \n");
    const auto result = load_secret("credential:webhook-key");
    ASSERT_TRUE(std::holds_alternative<Secret>(result));
    EXPECT_EQ(std::get<Secret>(result).reveal(), "s3cr3t ");
}

TEST_F(SecretTest, NeverLeavesItsDirectory)
{
    for (const char* bad :
         {"credential:../x", "credential:a/b", "credential:", "credential:.x", "s3cr3t", "file:x"})
        EXPECT_THAT(reason(bad), HasSubstr("is given as")) << bad;
}

TEST_F(SecretTest, SaysWhatIsWrongButNeverTheValue)
{
    write("empty", "\n");
    write("long", std::string(70'000, 'x'));
    EXPECT_THAT(reason("credential:none"), HasSubstr("No such file"));
    EXPECT_THAT(reason("credential:empty"), HasSubstr("is empty"));
    EXPECT_THAT(reason("credential:long"), HasSubstr("64 KiB"));
    EXPECT_THAT(reason("credential:long"), Not(HasSubstr("xxx")));
    unsetenv("CREDENTIALS_DIRECTORY");
    EXPECT_THAT(reason("credential:empty"), HasSubstr("CREDENTIALS_DIRECTORY"));
}

TEST_F(SecretTest, AFileThatOthersMayReadIsRefused)
{
    write("key", "s3cr3t");
    const std::string path = (directory / "key").string();
    std::filesystem::permissions(path, std::filesystem::perms{0640});
    EXPECT_THAT(reason("file:" + path), HasSubstr("chmod 600"));
    std::filesystem::permissions(path, std::filesystem::perms{0600});
    EXPECT_EQ(reason("file:" + path), "loaded");
}

TEST_F(SecretTest, MovingLeavesNothingBehind)
{
    Secret from{"s3cr3t"};
    const Secret to{std::move(from)};
    EXPECT_EQ(to.reveal(), "s3cr3t");
    EXPECT_TRUE(from.reveal().empty()); // looked at on purpose
}

} // namespace
} // namespace magwatch
