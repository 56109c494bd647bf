// [[question]], [[component]] and [[indication]] of a pack: what it may replace, and each mistake at its place.
#include <gtest/gtest.h>

#include <string>

#include "rules/language/pack.hpp"

namespace magwatch {
namespace {

const std::string head = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n"
                         "[[rule]]\nid = \"r\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\npriority = \"low\"\n"
                         "when = \"rr < 12 /min\"\n"; // ten lines
const std::string words = "title = \"t\"\nsource = \"s\"\n";
const std::string alarm = "title = \"t\"\nsource = \"s\"\nmessage = \"m\"\nprompt = \"p\"\npriority = \"low\"\n";
const std::string question = "[[question]]\nid = \"new\"\n", component = "[[component]]\nid = \"new\"\n";
const std::string asthma = "[[indication]]\nid = \"asthma\"\n";

// "line:column words", one a line; "" if the pack compiles.
std::string mistakes(const std::string& rows)
{
    std::string out;
    for (const Diagnostic& error : compile_pack(head + rows, "p.toml").errors) {
        out += std::to_string(error.line) + ":" + std::to_string(error.column) + " " + error.message + "\n";
    }
    return out;
}

struct Mistake {
    std::string rows;
    std::string told;
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.told; }
class SessionMistake : public testing::TestWithParam<Mistake> {};
TEST_P(SessionMistake, IsToldAtItsPlace) { EXPECT_EQ(mistakes(GetParam().rows), GetParam().told + "\n") << GetParam().rows; }

const std::string id_rule = "an id is made of small letters, digits and '_'";
const std::string dose = "a dose has no place here: it comes from the site's approved protocol";
const std::string fact = "is no fact that is yes or no";
const std::string ask = "ask = \"Really?\"\n", inform = "concern = \"inform\"\n", block = "concern = \"block\"\n";

INSTANTIATE_TEST_SUITE_P(
    Questions, SessionMistake,
    testing::Values(
        Mistake{"[[question]]\n" + ask + inform + words, "11:1 the question has no 'id'"},
        Mistake{"[[question]]\nid = \"\"\n" + ask + inform + words, "12:6 " + id_rule},
        Mistake{"[[question]]\nid = \"" + std::string(41, 'a') + "\"\n" + ask + inform + words, "12:6 " + id_rule},
        Mistake{"[[question]]\nid = \"a-b\"\n" + ask + inform + words, "12:6 " + id_rule},
        Mistake{"[[question]]\nid = \"New\"\n" + ask + inform + words, "12:6 " + id_rule},
        Mistake{"[[question]]\nid = \"new{\"\n" + ask + inform + words, "12:6 " + id_rule},
        Mistake{question + inform + words, "11:1 the question has no 'ask'"},
        Mistake{question + "ask = \"\"\n" + inform + words, "13:7 'ask' must have 1 to 100 characters"},
        Mistake{question + "ask = \"" + std::string(101, 'x') + "\"\n" + inform + words, "13:7 'ask' must have 1 to 100 characters"},
        Mistake{question + ask + alarm, "11:1 the question has no 'concern'"},
        Mistake{question + ask + "concern = \"stop\"\n" + alarm, "14:11 'concern' is one of: block, warn, inform, ask"},
        Mistake{question + ask + inform + "signal = \"heart\"\n" + words, "15:10 'heart' " + fact},
        Mistake{question + ask + inform + "signal = \"rr\"\n" + words, "15:10 'rr' " + fact},
        Mistake{question + ask + inform + "signal = \"weight\"\n" + words, "15:10 'weight' " + fact},
        Mistake{question + ask + block + words + "message = \"m\"\nprompt = \"p\"\n", "11:1 the question has no 'priority'"},
        Mistake{question + ask + block + words + "message = \"m\"\nprompt = \"p\"\npriority = \"urgent\"\n",
                "19:12 'priority' is one of: low, medium, high"},
        Mistake{question + ask + block + words + "message = \"Nieren schwach \\u00e4\"\nprompt = \"p\"\npriority = \"low\"\n",
                "17:11 a message is plain letters, digits and signs only"},
        Mistake{question + ask + block + words + "message = \"a\\u007F\"\nprompt = \"p\"\npriority = \"low\"\n",
                "17:11 a message is plain letters, digits and signs only"},
        Mistake{question + ask + block + words + "message = \"m\"\nprompt = \"Give 10 mL\"\npriority = \"low\"\n", "18:10 " + dose}));

INSTANTIATE_TEST_SUITE_P(
    Components, SessionMistake,
    testing::Values(Mistake{"[[component]]\nid = \"a b\"\nwords = \"iron\"\n" + alarm, "12:6 " + id_rule},
                    Mistake{component + alarm, "11:1 the component has no 'words'"},
                    Mistake{component + "words = [\"iron\", \"\"]\n" + alarm, "13:18 a word is written in small letters"},
                    Mistake{component + "words = [\"Iron\", \"zink\"]\n" + alarm, "13:10 a word is written in small letters"},
                    Mistake{component + "words = \"iron\"\n" + words + "message = \"m\"\nprompt = \"p\"\n",
                            "11:1 the component has no 'priority'"}));

const std::string cell = "{ value = \"4 g\", source = \"s\" }";
INSTANTIATE_TEST_SUITE_P(
    Indications, SessionMistake,
    testing::Values(
        Mistake{"[[indication]]\ntitle = \"t\"\n", "11:1 the indication has no 'id'"},
        Mistake{"[[indication]]\nid = \"astma\"\n", "12:6 no such indication 'astma'; did you mean 'asthma'?"},
        Mistake{asthma + "bolus_max = \"4 g\"\n", "13:13 write { value = \"...\", source = \"...\" }"},
        Mistake{asthma + "bolus_max = { source = \"s\" }\n", "13:13 'bolus_max' has no 'value'"},
        Mistake{asthma + "bolus_max = { value = \"four\", source = \"s\" }\n", "13:13 'four' is no such quantity: write \"4 g\""},
        Mistake{asthma + "bolus_max = { value = \"4 g per h\", source = \"s\" }\n", "13:13 '4 g per h' is no such quantity: write \"4 g\""},
        Mistake{asthma + "rate_alarm = { value = \"4 g\", source = \"s\" }\n", "13:14 '4 g' is no such quantity: write \"2 g/h\""},
        Mistake{asthma + "bolus_max = { value = \"0 g\", source = \"s\" }\n", "13:13 '0 g' is no such quantity: write \"4 g\""},
        Mistake{asthma + "duration_max = { value = \"long\", source = \"s\" }\n", "13:16 'long' is no length of time: write \"20 min\""},
        Mistake{asthma + "duration_max = { value = \"0 min\", source = \"s\" }\n", "13:16 '0 min' is no length of time: write \"20 min\""},
        Mistake{asthma + "bolus_max = { value = \"4 g\", source = \"s\", why = \"w\" }\n", "13:44 unknown key 'why' in 'bolus_max'"},
        Mistake{asthma + "settings = [\"clinik\"]\n", "13:13 no such setting 'clinik'; did you mean 'clinic'?"},
        Mistake{asthma + "unset = [\"settings\"]\n", "13:10 'unset' lists caps that the indication has"},
        Mistake{asthma + "unset = [\"weight\"]\n", "13:10 'unset' lists caps that the indication has"},
        Mistake{asthma + "rate_warn = { value = \"3 g/h\", source = \"s\" }\nrate_alarm = { value = \"2 g/h\", source = \"s\" }\n",
                "11:1 rate_warn lies above rate_alarm: it would never warn"}));

const SessionTable& table_of(const CompiledPack& compiled)
{
    for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
    return compiled.pack ? compiled.pack->sessions : builtin_sessions();
}

TEST(SessionRows, ANewRowSaysAllAndAnOldOneOnlyWhatDiffers)
{
    const CompiledPack compiled = compile_pack(head + question + ask + block + alarm + "signal = \"digoxin\"\n" + component +
                                                   "words = [\"zinc\", \"zn\"]\n" + alarm +
                                                   "[[question]]\nid = \"low_calcium\"\nask = \"Low calcium?\"\n",
                                               "p.toml");
    const SessionTable& table = table_of(compiled);
    const Question* made = table.question("new");
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->concern, Concern::block);
    EXPECT_EQ(made->signal, Signal::digoxin);
    EXPECT_EQ(made->priority, Priority::low);
    EXPECT_EQ(table.components.back().words, (std::vector<std::string>{"zinc", "zn"}));
    const Question* changed = table.question("low_calcium");
    EXPECT_EQ(changed->ask, "Low calcium?");
    EXPECT_EQ(changed->priority, Priority::medium) << "as in the built-in table";
}

TEST(SessionRows, AComponentKeepsItsWordsWhereThePackStatesNone)
{
    const Component& before = builtin_sessions().components.front();
    const CompiledPack compiled =
        compile_pack(head + "[[component]]\nid = \"" + before.id + "\"\npriority = \"high\"\n", "p.toml");
    const Component& after = table_of(compiled).components.front();
    EXPECT_EQ(after.words, before.words);
    EXPECT_EQ(after.message, before.message);
    EXPECT_EQ(after.priority, Priority::high);
}

// Each cap can be left to the pack's own rules, and none of the others goes with it.
TEST(SessionRows, AnyCapCanBeUnset)
{
    const std::pair<const char*, bool (*)(const IndicationRow&)> caps[] = {
        {"bolus_max", [](const IndicationRow& row) { return row.bolus_max.has_value(); }},
        {"bolus_min_duration", [](const IndicationRow& row) { return row.bolus_min_duration.has_value(); }},
        {"bolus_rate_max", [](const IndicationRow& row) { return row.bolus_rate_max.has_value(); }},
        {"rate_warn", [](const IndicationRow& row) { return row.rate_warn.has_value(); }},
        {"rate_alarm", [](const IndicationRow& row) { return row.rate_alarm.has_value(); }},
        {"session_cap", [](const IndicationRow& row) { return row.session_cap.has_value(); }},
        {"hour_cap", [](const IndicationRow& row) { return row.hour_cap.has_value(); }},
        {"day_cap", [](const IndicationRow& row) { return row.day_cap.has_value(); }},
        {"two_day_cap_renal", [](const IndicationRow& row) { return row.two_day_cap_renal.has_value(); }},
    };
    // A parent that states all of them, and a site that unsets one.
    class Parent : public PackLibrary {
    public:
        std::optional<PackSource> find(std::string_view) const override
        {
            std::string text = head + asthma;
            for (const char* grams : {"bolus_max", "session_cap", "hour_cap", "day_cap", "two_day_cap_renal"})
                text += std::string{grams} + " = " + cell + "\n";
            for (const char* rate : {"bolus_rate_max", "rate_warn", "rate_alarm"})
                text += std::string{rate} + " = { value = \"3 g/h\", source = \"s\" }\n";
            return PackSource{text + "bolus_min_duration = { value = \"20 min\", source = \"s\" }\n", "p.toml", "", ""};
        }
        std::vector<std::string> names() const override { return {"p"}; }
    };
    const Parent library;
    for (const auto& unset : caps) {
        const std::string text = "name = \"site\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"p\"\n" + asthma + "unset = \"" +
                                 unset.first + "\"\n";
        const CompiledPack compiled = compile_pack(text, "site.toml", {}, &library);
        const IndicationRow& row = table_of(compiled).row(Indication::asthma);
        for (const auto& cap : caps) EXPECT_EQ(cap.second(row), cap.first != unset.first) << unset.first << ": " << cap.first;
    }
}

TEST(SessionRows, AreBounded)
{
    std::string questions, components;
    for (int i = 0; i < 48; ++i) {
        const std::string id = "id = \"new_" + std::to_string(i) + "\"\n";
        questions += "[[question]]\n" + id + ask + inform + words;
        components += "[[component]]\n" + id + "words = \"iron\"\n" + alarm;
    }
    EXPECT_NE(mistakes(questions).find("too many of these: at most 48"), std::string::npos);
    EXPECT_NE(mistakes(components).find("too many of these: at most 24"), std::string::npos);
}

TEST(SessionRows, WhatIsNoTableOfARowIsToldAndNotCarriedAlong)
{
    const CompiledPack compiled = compile_pack("question = [5]\n" + head, "p.toml");
    ASSERT_EQ(compiled.errors.size(), 1U);
    EXPECT_EQ(compiled.errors[0].text(), "p.toml:1:13: error: 'question' is written [[question]]\n"
                                         "    1 | question = [5]\n"
                                         "      |             ^");
}

} // namespace
} // namespace magwatch
