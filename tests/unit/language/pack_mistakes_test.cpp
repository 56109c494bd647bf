// Mistakes of a pack, each at its place and in words that say what to write. One row is one mistake.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rules/language/pack.hpp"

namespace magwatch {
namespace {

// A pack of one rule (lines 4 to 10, its `when` is the last), with what stands before and after it.
std::string pack(const std::string& before, const std::string& after = "")
{
    return "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n" + before +
           "[[rule]]\nid = \"r\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\npriority = \"low\"\nwhen = \"rr < 12 /min\"\n" + after;
}
std::string rule(const std::string& id, const std::string& body)
{
    return "[[rule]]\nid = \"" + id + "\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\n" + body;
}
std::string check(const std::string& body)
{
    return "[[check]]\nid = \"c\"\ntitle = \"t\"\nsource = \"s\"\nsignals = \"rr\"\noverdue_after = \"1 h\"\n" + body;
}

// "line:column words", one a line; "" if the pack compiles.
std::string mistakes(const std::string& text)
{
    std::string out;
    const CompiledPack compiled = compile_pack(text, "p.toml");
    EXPECT_EQ(compiled.pack == nullptr, !compiled.errors.empty());
    for (const Diagnostic& error : compiled.errors) {
        out += std::to_string(error.line) + ":" + std::to_string(error.column) + " " + error.message + "\n";
    }
    return out;
}

struct Mistake {
    std::string text;
    std::string told;
};
void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.told; }
class PackMistake : public testing::TestWithParam<Mistake> {};
TEST_P(PackMistake, IsToldAtItsPlace) { EXPECT_EQ(mistakes(GetParam().text), GetParam().told + "\n") << GetParam().text; }

const std::string id_rule = "an id is made of small letters, digits and '-', and begins with a letter";
const std::string ageless = "'max_age' is \"none\", and that in a pack with benchmark = true alone: a value that never grows old "
                            "hides that nobody measures";
const std::string phases = "'phases' lists 1 to 8 phases, as in [{ every = \"15 min\", for = \"2 h\" }]";
const std::string a_phase = "{ every = \"15 min\", for = \"2 h\" }";
std::string times(int count, const std::string& one)
{
    std::string out;
    for (int i = 0; i < count; ++i) out += one;
    return out;
}

INSTANTIATE_TEST_SUITE_P(
    Head, PackMistake,
    testing::Values(
        Mistake{"name = \"P\"\n" + pack("").substr(11), "1:8 a name is made of small letters, digits and '-', and begins with a letter"},
        Mistake{pack("lineage = []\n"), "4:11 'lineage' lists this pack, the one it extends, and so on, at most 8"},
        Mistake{pack("lineage = [\"p\"" + times(8, ", \"q\"") + "]\n"),
                "4:11 'lineage' lists this pack, the one it extends, and so on, at most 8"},
        Mistake{pack("max_age = \"none\"\n"), "4:11 " + ageless}, Mistake{pack("benchmark = true\nmax_age = \"1 h\"\n"), "5:11 " + ageless},
        Mistake{pack("max_age = \"1 h\"\n"), "4:11 " + ageless},
        Mistake{"name = \"p\"\ntitle = \"t\"\nversion = \"1\"\nrule = 5\n", "4:8 'rule' is written [[rule]]"},
        Mistake{pack("check = [5]\n"), "4:10 'check' is written [[check]]"},
        Mistake{pack("extends = 5\n"), "4:11 'extends' is the name of one pack, in quotes"}));

INSTANTIATE_TEST_SUITE_P(
    Limits, PackMistake,
    testing::Values(
        Mistake{pack("limits = 5\n"), "4:10 'limits' is written [limits]"},
        Mistake{pack("[limits]\nstop = 5\n"), "5:8 a limit is written name = \"12 /min\", or with its source in braces"},
        Mistake{pack("[limits]\nstop = { source = \"s\" }\n", rule("x", "priority = \"low\"\nwhen = \"hr < stop\"\n")),
                "5:8 the limit has no 'value'"},
        Mistake{pack("[limits]\nStop = \"12 /min\"\n"),
                "5:8 a limit's name is made of small letters, digits and '_', and begins with a letter"},
        Mistake{pack("[limits]\nvoice = \"12 /min\"\n"), "5:9 'voice' is a word of the language or a signal: choose another name"},
        Mistake{pack("[limits]\nmean = \"12 /min\"\n"), "5:8 'mean' is a word of the language or a signal: choose another name"}));

INSTANTIATE_TEST_SUITE_P(
    Rules, PackMistake,
    testing::Values(
        Mistake{pack("", rule("", "priority = \"low\"\nwhen = \"hr < 50 /min\"\n")), "12:6 " + id_rule},
        Mistake{pack("", rule(std::string(65, 'a'), "priority = \"low\"\nwhen = \"hr < 50 /min\"\n")), "12:6 " + id_rule},
        Mistake{pack("", rule("{", "priority = \"low\"\nwhen = \"hr < 50 /min\"\n")), "12:6 " + id_rule},
        Mistake{pack("", rule("a{", "priority = \"low\"\nwhen = \"hr < 50 /min\"\n")), "12:6 " + id_rule},
        Mistake{pack("", rule("x", "prompt = \"\"\npriority = \"low\"\nwhen = \"hr < 50 /min\"\n")),
                "16:10 'prompt' must have 1 to 400 characters"},
        Mistake{pack("", rule("x", "priority = \"low\"\ngrade = 1\nwhen = \"hr < 50 /min\"\n")),
                "16:12 an alarm with a grade is at least medium"},
        Mistake{pack("", rule("x", "priority = \"medium\"\ngrade = -1\nwhen = \"hr < 50 /min\"\n")),
                "17:9 'grade' must be a whole number from 0 to 2"},
        Mistake{pack("", rule("x", "priority = \"medium\"\ngrade = \"1\"\nwhen = \"hr < 50 /min\"\n")),
                "17:9 'grade' must be a whole number from 0 to 2"},
        Mistake{pack("", rule("x", "priority = \"low\"\nfor = 3.5\nwhen = \"hr < 50 /min\"\n")), "17:7 'for' must be a text in quotes"},
        Mistake{pack("", rule("x", "priority = \"low\"\nfor = \"3 s per min\"\nwhen = \"hr < 50 /min\"\n")),
                "17:7 'for' must be a length of time such as \"30 s\", \"20 min\" or \"4 h\""},
        Mistake{pack("", rule("x", "prompt = \"Give 4 grams\"\npriority = \"low\"\nwhen = \"hr < 50 /min\"\n")),
                "16:10 a dose has no place in a rule: it comes from the site's approved protocol"},
        Mistake{pack("", rule("x", "prompt = \"Give 10   milliliters.\"\npriority = \"low\"\nwhen = \"hr < 50 /min\"\n")),
                "16:10 a dose has no place in a rule: it comes from the site's approved protocol"},
        // Behind letters of two bytes on the same line the column counts characters.
        Mistake{pack("[limits]\nstop = { title = \"langsam, zu träge, müde\", value = \"12 /min\", source = \"ACOG [R]\" }\n",
                     rule("x", "priority = \"low\"\nwhen = \"rr_counted < stop\"\n")),
                "5:79 a recalled number [R] may be a default nowhere: cite a source that was read, or stay silent and inherit"}));

INSTANTIATE_TEST_SUITE_P(
    Checks, PackMistake,
    testing::Values(
        Mistake{pack("", check("every = 5\n")), "17:9 'every' must be a text in quotes"},
        Mistake{pack("", check("every = \"1 h\"\nphases = \"15 min\"\n")), "18:10 " + phases},
        Mistake{pack("", check("every = \"1 h\"\nphases = [" + times(8, a_phase + ", ") + a_phase + "]\n")), "18:10 " + phases},
        Mistake{pack("", check("every = \"1 h\"\nphases = [{ every = \"15 min\" }]\n")), "18:11 the phase has no 'for'"},
        Mistake{pack("", check("every = \"1 h\"\nphases = [{ every = \"15 min\", for = \"2 h\", again = \"1 h\" }]\n")),
                "18:44 unknown key 'again' in the phase"}));

INSTANTIATE_TEST_SUITE_P(
    Inhibitions, PackMistake,
    testing::Values(
        Mistake{pack("", "[[inhibit]]\nid = \"i\"\nrules = [\"r\"]\nreason = \"x\"\n"), "11:1 the inhibition has no 'when'"},
        Mistake{pack("", "[[inhibit]]\nid = \"i\"\nrules = [\"r\"]\nreason = \"x\"\nwhen = \"epidual\"\n"),
                "15:9 unknown signal or limit 'epidual'; did you mean 'epidural'?"},
        Mistake{pack("", rule("x", "priority = \"low\"\nwhen = \"hrr < 50 /min\"\n") +
                             "[[inhibit]]\nid = \"i\"\nrules = [\"x\"]\nreason = \"x\"\nwhen = \"epidural\"\n"),
                "17:9 unknown signal or limit 'hrr'; did you mean 'hr'?"}));

TEST(PackMistakes, WhatIsNoMistake)
{
    for (const std::string& good :
         {pack("benchmark = true\nmax_age = \"none\"\n"),
          pack("", rule(std::string(64, 'z'), "priority = \"low\"\nwhen = \"hr < 50 /min\"\n")),
          pack("", rule("x", "prompt = \"Zu träge ♥\"\npriority = \"low\"\nwhen = \"hr < 50 /min\"\n")), // a message alone is plain
          pack("", rule("x", "prompt = \"Wait until 4\"\npriority = \"low\"\nwhen = \"hr < 50 /min\"\n")),
          pack("", rule("x", "prompt = \"Page 4 girls, rate 2 grams/h\"\npriority = \"low\"\nwhen = \"hr < 50 /min\"\n")),
          pack("lineage = [\"p\"]\n", rule("x", "disabled = false\npriority = \"low\"\nwhen = \"hr < 50 /min\"\n"))}) {
        EXPECT_EQ(mistakes(good), "") << good;
    }
}

TEST(PackMistakes, OfVeryManyTwoHundredAreShown)
{
    std::string text = pack("");
    for (int i = 0; i < 300; ++i) text += "x" + std::to_string(i) + " = 1\n";
    const CompiledPack compiled = compile_pack(text, "p.toml");
    EXPECT_EQ(compiled.errors.size(), diagnostics_max);
}

TEST(PackMistakes, ALineThatEndsAsInWindowsIsShownWithoutItsEnd)
{
    const std::string head = "name = \"p\"\r\ntitle = 5\r\nversion = \"1\"\r\n";
    const CompiledPack compiled = compile_pack(head + rule("r", "priority = \"low\"\nwhen = \"rr < 12 /min\"\n"), "p.toml");
    ASSERT_EQ(compiled.errors.size(), 1U);
    EXPECT_EQ(compiled.errors[0].text(), "p.toml:2:9: error: 'title' must be a text in quotes\n"
                                         "    2 | title = 5\n"
                                         "      |         ^");
}

TEST(PackMistakes, TooManyChecksOrInhibitions)
{
    std::string checks = pack(""), inhibitions = pack("");
    for (std::size_t i = 0; i <= checks_max; ++i) {
        const std::string number = std::to_string(i);
        checks += "[[check]]\nid = \"c" + number + "\"\nsource = \"s\"\ntitle = \"t\"\nsignals = \"rr\"\nevery = \"1 h\"\n"
                  "overdue_after = \"1 h\"\n";
        inhibitions += "[[inhibit]]\nid = \"i" + number + "\"\nrules = [\"r\"]\nreason = \"x\"\n"
                       "when = \"hr > " + std::to_string(50 + i) + " /min\"\n";
    }
    EXPECT_EQ(mistakes(checks), std::to_string(11 + 7 * checks_max) + ":1 too many checks: at most 64\n");
    EXPECT_EQ(mistakes(inhibitions), std::to_string(11 + 5 * inhibitions_max) + ":1 too many inhibitions: at most 64\n");
}

// As many different comparisons as a pack may have.
std::string full(std::size_t comparisons)
{
    std::string text = pack("benchmark = true\n");
    for (std::size_t i = 0; i < comparisons;) {
        std::string when;
        for (int k = 0; k < 60 && i < comparisons; ++k, ++i) when += (k ? " or age(rr) > " : "age(rr) > ") + std::to_string(i + 1) + " s";
        text += rule("f" + std::to_string(i), "kind = \"technical\"\npriority = \"low\"\nwhen = \"" + when + "\"\n");
    }
    return text;
}

TEST(PackMistakes, AFullPackSaysWhichConditionIsTooMuch)
{
    const std::string full_pack = full(atoms_max - 1); // and that of `r`
    ASSERT_EQ(mistakes(full_pack), "");
    const std::string words = "too many different comparisons in this pack: at most 512\n";
    for (const char* when : {"hr < 50 /min", "falling(rr)", "sustained(rr < 12 /min, 1 min)", "symptom(rash)", "known(hr)"}) {
        const std::string one = rule("last", std::string{"priority = \"low\"\nwhen = \""} + when + "\"\n");
        EXPECT_TRUE(mistakes(full_pack + one).ends_with(words)) << when << mistakes(full_pack + one);
    }
    // An inhibition that runs out needs one of its own.
    const std::string held = "[[inhibit]]\nid = \"i\"\nrules = [\"r\"]\nreason = \"x\"\nwhen = \"age(rr) > 1 s\"\n";
    EXPECT_EQ(mistakes(full_pack + held), "");
    EXPECT_TRUE(mistakes(full_pack + held + "at_most = \"1 min\"\n").ends_with(words));
}

// The comparisons of a signal stand in one word of 64; what is left of a word counts.
TEST(PackMistakes, APackIsFullAlsoByTheGapsBetweenItsComparisons)
{
    const char* const signals[] = {"hr", "pulse", "rr", "etco2", "sbp", "dbp", "map", "art_sys", "art_dia", "art_mean"};
    const auto with = [&](std::size_t count) {
        std::string text = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\nbenchmark = true\n";
        for (std::size_t s = 0; s < count; ++s) {
            std::string when;
            const std::string signal = signals[s];
            const std::string unit = s < 3 ? " /min" : " mmHg";
            for (int i = 0; i < 33; ++i) when += (i ? " or " : "") + signal + " > " + std::to_string(40 + i) + unit;
            text += rule("r" + std::to_string(s), "priority = \"low\"\nwhen = \"" + when + "\"\n");
        }
        return text;
    };
    EXPECT_EQ(mistakes(with(8)), "");
    EXPECT_EQ(mistakes(with(9)), "0:0 too many different comparisons in this pack: at most 512\n");
}

} // namespace
} // namespace magwatch
