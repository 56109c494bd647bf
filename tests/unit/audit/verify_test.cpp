#include "daemon/audit/verify.hpp"

#include <algorithm>


#include "adapters/pagers/signing.hpp"
#include "runtime/ascii.hpp"
#include "tests/unit/audit/rig.hpp"

namespace magwatch::audit
{
namespace
{

using testing::HasSubstr;

// A small trail of two hours, whose head was seen elsewhere.
class AuditVerify : public TrailRig
{
protected:
    void SetUp() override
    {
        start();
        write("entries", R"({"kind":"urine","value":50})");
        pass(std::chrono::hours{1});
        write("pause");
        seen = trail->head();
        trail.reset();
        path = segment();
        whole = text_of(path);
        ASSERT_TRUE(with_key(seen).good()) << with_key(seen).wrong;
        ASSERT_TRUE(without_key().good()) << without_key().wrong;
    }
    // With the key and the head; whatever is put there must be seen.
    bool seen_as_wrong(const std::string& text)
    {
        put(path, text);
        return !with_key(seen).good();
    }
    Head seen;
    std::string path, whole;
};

TEST_F(AuditVerify, SaysWhatWasCheckedFromWhereToWhere)
{
    const Verified keyed = with_key(seen), plain = without_key();
    EXPECT_TRUE(keyed.by_key);
    EXPECT_FALSE(plain.by_key);
    EXPECT_EQ(keyed.first, 1U);
    EXPECT_EQ(keyed.head, seen);
    EXPECT_EQ(plain.head, seen);
    EXPECT_EQ(keyed.rows, seen.sequence);
    EXPECT_EQ(keyed.from, "2026-03-01T02:34:00.000Z");
    EXPECT_EQ(keyed.until, "2026-03-01T03:34:00.000Z");
}

TEST_F(AuditVerify, AnyBitThatIsAnotherIsSeen)
{
    for (std::size_t at = 0; at < whole.size(); ++at)
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string text = whole;
            text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << bit));
            ASSERT_TRUE(seen_as_wrong(text)) << "bit " << bit << " of byte " << at;
        }
}

TEST_F(AuditVerify, AnyRowThatIsMissingOrElsewhereOrTwiceIsSeenAndTheFirstIsNamed)
{
    const auto lines = lines_of(whole);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        auto fewer = lines;
        fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
        ASSERT_TRUE(seen_as_wrong(joined(fewer))) << i;
        const Verified found = with_key(seen);
        EXPECT_EQ(found.row, i == 0 ? 2 : i + 1) << found.wrong; // without row 1 it is row 2 that follows nothing
        for (std::size_t j = i + 1; j < lines.size(); ++j) {
            auto other = lines;
            std::swap(other[i], other[j]);
            ASSERT_TRUE(seen_as_wrong(joined(other))) << i << " and " << j;
        }
        auto twice = lines;
        twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
        ASSERT_TRUE(seen_as_wrong(joined(twice))) << i;
    }
}

TEST_F(AuditVerify, AnyCutIsSeen)
{
    for (std::size_t size = 0; size < whole.size(); ++size)
        ASSERT_TRUE(seen_as_wrong(whole.substr(0, size))) << size;
}

TEST_F(AuditVerify, WithoutAHeadACutAtTheEndOfAnHourIsStillSeenByTheKeyInForce)
{
    auto lines = lines_of(whole);
    const auto ended = std::find_if(lines.begin(), lines.end(),
                                    [](const std::string& line) { return line.find(own::key_ended) != std::string::npos; });
    ASSERT_NE(ended, lines.end());
    lines.erase(ended, lines.end());
    put(path, joined(lines));
    EXPECT_THAT(without_key().wrong, HasSubstr("its end is missing"));
}

TEST_F(AuditVerify, AnOldEndInPlaceOfANewOneIsSeen)
{
    start(); // goes on: what was the end is not any more
    write("watch_end");
    const Head newer = trail->head();
    trail.reset();
    ASSERT_TRUE(with_key(newer).good());
    put(path, whole);
    const Verified found = with_key(newer);
    EXPECT_THAT(found.wrong, HasSubstr("its end is missing"));
    EXPECT_EQ(found.row, seen.sequence + 1);
    // Old rows once more, behind what there is.
    const auto lines = lines_of(whole);
    EXPECT_TRUE(seen_as_wrong(whole + lines.back() + "\n"));
}

// Whoever may write the file can make hashes anew, and not signatures.
TEST_F(AuditVerify, RowsThatWereWrittenAnewWithGoodHashesAreSeenByTheirSignatures)
{
    auto lines = lines_of(whole);
    std::string previous(64, '0');
    for (std::string& line : lines) {
        if (const auto at = line.find("midwife-1"); at != std::string::npos) line.replace(at, 9, "midwife-2");
        line.replace(line.find("\"previous\":\"") + 12, 64, previous);
        previous = hex(adapters::sha256(line));
    }
    put(path, joined(lines));
    const Verified plain = without_key(), keyed = with_key();
    EXPECT_TRUE(plain.good()) << plain.wrong; // nothing else can be known of it
    EXPECT_THAT(keyed.wrong, HasSubstr("is not signed with its key"));
    EXPECT_EQ(keyed.row, 2U); // the first is the trail's own
    EXPECT_THAT(with_key(seen).wrong, HasSubstr("row 2"));
}

// Whoever has the key in force can sign what comes, and cannot make it follow anything but what was there.
TEST_F(AuditVerify, AThiefOfTheKeyInForceCannotTakeWhatWasSignedBefore)
{
    const KeyFile stolen = std::get<KeyFile>(*read_key_file(folder + "/" + key_name));
    ASSERT_EQ(stolen.key.number, 1U);
    auto lines = lines_of(whole);
    lines.resize(2);
    Event forged;
    forged.action = "entries";
    lines.push_back(row_line(forged, now, head_of(2, lines.back()), stolen.key.number, stolen.key.bytes));
    put(path, joined(lines));
    EXPECT_THAT(with_key().wrong, HasSubstr("rows before it are missing"));
    EXPECT_EQ(with_key().row, 3U);
    EXPECT_FALSE(without_key().good());
}

TEST_F(AuditVerify, AKeyOfAnotherTrailIsToldAsSuch)
{
    KeyFile other = *verify_key();
    other.trail = "0123456789abcdef";
    EXPECT_THAT(verify(folder, other, std::nullopt).wrong, HasSubstr("another trail"));
    KeyFile wrong = *verify_key();
    wrong.key = *fresh_key();
    EXPECT_THAT(verify(folder, wrong, std::nullopt).wrong, HasSubstr("row 1 is not signed"));
    EXPECT_FALSE(verify(directory.file("nothing"), std::nullopt, std::nullopt).good());
}

TEST_F(AuditVerify, AHeadThatWasSeenMustBeThereAndTheSame)
{
    Head other = seen;
    other.hash[0] = other.hash[0] == '0' ? '1' : '0';
    EXPECT_THAT(with_key(other).wrong, HasSubstr("is not the one whose hash was seen elsewhere"));
    EXPECT_EQ(with_key(other).row, seen.sequence);
    start();
    EXPECT_TRUE(with_key(seen).good()) << "a trail that went on since";
}

} // namespace
} // namespace magwatch::audit
