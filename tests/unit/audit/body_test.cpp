#include "daemon/audit/body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/pagers/signing.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::audit
{
namespace
{

using testing::HasSubstr;
using testing::Not;

TEST(AuditBody, HoldsWhatWasDoneWithSortedNames)
{
    EXPECT_EQ(canonical_body(R"({"value": 50, "unit":"mL", "bed":"bed-3", "kind":"urine", "from_infusion_arm":true})"),
              R"({"bed":"bed-3","from_infusion_arm":true,"kind":"urine","unit":"mL","value":50})");
}

TEST(AuditBody, HoldsNoSecretWhereverItStandsNotEvenItsHash)
{
    const std::string body = canonical_body(
        R"({"person":"midwife-1","pin":"246810","second_pin":"864209","code":"AB12CD34EF","pairs":[{"pin":"135791"}]})");
    for (const char* secret : {"246810", "864209", "AB12CD34EF", "135791", "pin", "code"})
        EXPECT_THAT(body, Not(HasSubstr(secret)));
    for (const char* secret : {"246810", "864209", "AB12CD34EF", "135791"})
        EXPECT_THAT(body, Not(HasSubstr(hex(adapters::sha256(secret)))));
    EXPECT_THAT(body, HasSubstr("midwife-1"));
}

TEST(AuditBody, HoldsFreeTextAsItsHash)
{
    const std::string body = canonical_body(R"({"reason":"Jane Doe in theatre","note":"allergic","kind":"concerned"})");
    EXPECT_THAT(body, Not(HasSubstr("Jane")));
    EXPECT_THAT(body, HasSubstr("sha256:" + hex(adapters::sha256("Jane Doe in theatre"))));
    EXPECT_THAT(canonical_body(R"({"drug":"Jane's morphine"})"), Not(HasSubstr("Jane")));
    EXPECT_THAT(canonical_body(R"({"not_possible":"Jane has a plaster"})"), Not(HasSubstr("Jane")));
    // A closed word that is none is free text too.
    EXPECT_THAT(canonical_body(R"({"bed":"Jane\nDoe"})"), Not(HasSubstr("Jane")));
    EXPECT_THAT(canonical_body("{\"bed\":\"" + std::string(65, 'x') + "\"}"), Not(HasSubstr("xx")));
}

TEST(AuditBody, SaysForWhichReasonOfTheListAnAlarmWasShelved)
{
    EXPECT_EQ(canonical_body(R"({"reason":"device_away","minutes":60})"),
              R"({"minutes":60,"reason":"device_away"})");
    EXPECT_EQ(canonical_body(R"({"reason":"device_away with Anna"})").find("Anna"), std::string::npos);
}

TEST(AuditBody, HoldsNoFieldThatSomebodyInvented)
{
    EXPECT_EQ(canonical_body(R"({"Jane Doe":1,"kind":"rr","facts":{"surname":"Doe","weight":70}})"),
              R"({"facts":{"unknown_fields":1,"weight":70},"kind":"rr","unknown_fields":1})");
}

TEST(AuditBody, IsBoundedAndOfWhatIsNoObjectThereIsNone)
{
    EXPECT_EQ(canonical_body("[1,2]"), "");
    EXPECT_EQ(canonical_body("{\"a\":"), "");
    EXPECT_EQ(canonical_body(""), "");
    std::string many = "{\"points\":[0";
    for (int i = 0; i < 20'000; ++i) many += ",1";
    EXPECT_LT(canonical_body(many + "]}").size(), 200U);
    EXPECT_EQ(canonical_body(std::string(30'000, '[') + std::string(30'000, ']')), "");
    std::string deep = "1";
    for (int i = 0; i < 5000; ++i) deep = "{\"facts\":" + deep + "}";
    EXPECT_LT(canonical_body(deep).size(), 5000U);
}

} // namespace
} // namespace magwatch::audit
