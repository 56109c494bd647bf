// A record that was changed after it was signed is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "daemon/commissioning/seal.hpp"
#include "rules/base/archive.hpp"
#include "tests/support/temporary_directory.hpp"

namespace magwatch {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

CommissionRecord record()
{
    CommissionRecord r;
    r.device = "monitor-1";
    r.map = "ward-monitor";
    r.fingerprint = std::string(64, 'a');
    r.place = "Modbus TCP 192.0.2.7:502, unit 1, monitor of bed-1";
    r.by = "A. Engineer";
    r.role = "biomedical engineer";
    r.remark = "first";
    r.firmware = "2.1";
    r.serial = "SN-77";
    r.at = WallTime{1'767'225'600'000};
    r.pairs = {{"bed-1", Signal::spo2, "97", 97.4, r.at, 1}, {"bed-1", Signal::spo2, "none", std::nullopt, r.at, 2}};
    r.left_out = {{Signal::temp, "no probe"}};
    return r;
}

TEST(Seal, EveryFieldIsUnderIt)
{
    const test::TemporaryDirectory own{"magwatch-seal"};
    const std::string directory = own.path();
    const Seal seal{directory};
    CommissionRecord good = record();
    seal.put_on(good);
    EXPECT_TRUE(seal.fits(good));
    const std::vector<void (*)(CommissionRecord&)> changes{
        [](auto& r) { r.device = "monitor-2"; }, [](auto& r) { r.map = "x"; },
        [](auto& r) { r.fingerprint[0] = 'b'; }, [](auto& r) { r.place += "0"; },
        [](auto& r) { r.simulation = true; },    [](auto& r) { r.by = "B. Engineer"; },
        [](auto& r) { r.role = "x"; },           [](auto& r) { r.remark = "x"; },
        [](auto& r) { r.firmware = "x"; },       [](auto& r) { r.serial = "x"; },
        [](auto& r) { r.at.ms += 1000; },        [](auto& r) { r.pairs[0].read = 97.5; },
        [](auto& r) { r.pairs[0].screen = "98"; }, [](auto& r) { r.pairs[0].bed = "bed-2"; },
        [](auto& r) { r.pairs[0].signal = Signal::hr; }, [](auto& r) { r.pairs[1].read = 0; },
        [](auto& r) { r.pairs[1].looks = 1; },   [](auto& r) { r.pairs.pop_back(); },
        [](auto& r) { r.left_out.clear(); },     [](auto& r) { r.left_out[0].reason = "x"; },
        [](auto& r) { r.signature[0] = r.signature[0] == '0' ? '1' : '0'; },
        [](auto& r) { r.signature.clear(); },    [](auto& r) { r.key = std::string(64, '0'); }};
    for (std::size_t i = 0; i < changes.size(); ++i) {
        CommissionRecord changed = good;
        changes[i](changed);
        EXPECT_FALSE(seal.fits(changed)) << i;
    }
    good.revoked_by = "somebody"; // the journal's, not the seal's
    EXPECT_TRUE(seal.fits(good));
    const auto again = from_bytes<CommissionRecord>(as_text(to_bytes(good)));
    ASSERT_TRUE(again);
    EXPECT_TRUE(seal.fits(*again)) << "as the journal gives it back";
}

TEST(Seal, TheKeyStaysInItsDirectoryAndAnotherOneDoesNotFit)
{
    const test::TemporaryDirectory own{"magwatch-seal"};
    const std::string directory = own.path();
    CommissionRecord good = record();
    Seal{directory}.put_on(good);
    EXPECT_TRUE(Seal{directory}.fits(good)) << "after a restart";
    EXPECT_EQ(fs::status(directory + "/commission.key").permissions() & fs::perms::all,
              fs::perms::owner_read | fs::perms::owner_write);
    fs::remove(directory + "/commission.key");
    EXPECT_FALSE(Seal{directory}.fits(good));
    std::ofstream{directory + "/commission.key"} << "short";
    EXPECT_FALSE(Seal{directory}.fits(good));
}

TEST(Seal, AnExportedRecordShowsEveryChange)
{
    const test::TemporaryDirectory own{"magwatch-seal"};
    const std::string directory = own.path();
    const Seal seal{directory};
    CommissionRecord good = record();
    good.remark = "two\nlines: verdict: nothing matched"; // no line of its own
    seal.put_on(good);
    const std::string text = sealed_text(good);
    EXPECT_THAT(text, HasSubstr("remark: two?lines"));
    EXPECT_EQ(sealed_by(text), seal.key());
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_NE(sealed_by(changed), seal.key()) << i;
    }
    for (const std::string& bad : {std::string{}, std::string{"\n"}, text + "x\n", text.substr(0, text.size() - 1)})
        EXPECT_FALSE(sealed_by(bad));
}

} // namespace
} // namespace magwatch
