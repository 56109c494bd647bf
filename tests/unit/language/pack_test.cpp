// A pack is taken whole or refused with every mistake at its place.
#include "rules/language/pack.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace magwatch {
namespace {

using namespace std::chrono_literals;

const std::string head = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n";
std::string rule(const std::string& id, const std::string& body)
{
    return "[[rule]]\nid = \"" + id + "\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\n" + body + "\n";
}
bool says(const CompiledPack& compiled, const std::string& words)
{
    return std::any_of(compiled.errors.begin(), compiled.errors.end(),
                       [&](const Diagnostic& e) { return e.message.find(words) != std::string::npos; });
}

TEST(Pack, ReadsWhatARuleSays)
{
    const CompiledPack compiled = compile_pack(
        head + "example = true\n[limits]\nstop = { value = \"12 /min\", source = \"KEMH\" }\n" +
            rule("slow", "prompt = \"STOP\"\npriority = \"high\"\ngrade = 2\ntogether = true\nfor = \"30 s\"\n"
                         "clear_for = \"1 min\"\nclear = \"rr >= stop + 1 /min\"\nneeds = \"mg_on_board\"\n"
                         "when = \"rr < stop\"") +
            rule("quiet", "kind = \"technical\"\npriority = \"low\"\nwhen = \"age(rr) > 5 min\"") +
            "[[check]]\nid = \"reflex\"\ntitle = \"Reflexes\"\nsignals = [\"reflex_knee\", \"reflex_arm\"]\nevery = \"1 h\"\n"
            "first_every = \"15 min\"\nfirst_for = \"2 h\"\noverdue_after = \"15 min\"\nneeds = \"mg_on_board\"\nsource = \"s\"\n",
        "p.toml");
    for (const Diagnostic& error : compiled.errors) ADD_FAILURE() << error.text();
    ASSERT_TRUE(compiled.pack);
    const Pack& pack = *compiled.pack;
    EXPECT_EQ(pack.name, "p");
    EXPECT_TRUE(pack.example);
    ASSERT_EQ(pack.rules.size(), 2U);
    const Rule& slow = pack.rules[0];
    EXPECT_EQ(slow.id, "slow");
    EXPECT_EQ(slow.prompt, "STOP");
    EXPECT_EQ(slow.kind, AlarmKind::physiological);
    EXPECT_EQ(slow.priority, Priority::high);
    EXPECT_EQ(slow.grade, 2);
    EXPECT_TRUE(slow.latching) << "physiological and high latches";
    EXPECT_TRUE(slow.together);
    EXPECT_EQ(slow.hold, Duration{30s});
    EXPECT_EQ(slow.clear_hold, Duration{1min});
    EXPECT_EQ(slow.reads, mask(Signal::rr) | mask(Signal::mg_on_board));
    const Rule& quiet = pack.rules[1];
    EXPECT_EQ(quiet.kind, AlarmKind::technical);
    EXPECT_FALSE(quiet.latching);
    EXPECT_TRUE(quiet.needs.empty());
    ASSERT_EQ(pack.checks.size(), 1U);
    EXPECT_EQ(pack.checks[0].signals, (std::vector{Signal::reflex_knee, Signal::reflex_arm}));
    ASSERT_EQ(pack.checks[0].phases.size(), 1U);
    EXPECT_EQ(pack.checks[0].phases[0].length, Duration{2h});
    EXPECT_EQ(pack.readers[static_cast<std::size_t>(Signal::rr)], (std::vector<std::uint16_t>{0, 1}));
    EXPECT_EQ(pack.readers[static_cast<std::size_t>(Signal::mg_on_board)], (std::vector<std::uint16_t>{0}));
}

TEST(Pack, EveryMistakeIsShownAtOnceInTheOrderOfTheText)
{
    const CompiledPack compiled = compile_pack("nme = \"p\"\n"                     // 1: unknown; name is missing
                                               "title = 3\n"                       // 2: not a text; version is missing
                                               "[limits]\n"                        // 3
                                               "rr = \"12 /min\"\n"                // 4: a signal
                                               "stop = \"twelve\"\n"               // 5: no number
                                               "idle = \"3 g\"\n"                  // 6: used by no rule
                                               "[[rule]]\n"                        // 7: no source, no priority
                                               "id = \"Slow\"\n"                   // 8: capital letter
                                               "title = \"t\"\n"                   // 9
                                               "message = \"give 4 g\"\n"          // 10: a dose
                                               "wehn = \"x\"\n"                    // 11: unknown
                                               "for = \"30\"\n"                    // 12: no unit
                                               "grade = 3\n"                       // 13: 0 to 2
                                               "latching = \"yes\"\n"              // 14: true or false
                                               "when = \"rr < stop and sp2 < 9 %\"\n", // 15: signal
                                               "p.toml");
    EXPECT_FALSE(compiled.pack);
    std::vector<std::uint32_t> lines;
    for (const Diagnostic& error : compiled.errors) lines.push_back(error.line);
    const std::vector<std::uint32_t> expected{1, 1, 1, 2, 4, 5, 6, 7, 7, 8, 10, 11, 12, 13, 14, 15};
    EXPECT_EQ(lines, expected);
    EXPECT_TRUE(says(compiled, "unknown key 'wehn' in the rule; did you mean 'when'?"));
    EXPECT_TRUE(says(compiled, "unknown signal or limit 'sp2'; did you mean 'spo2'?"));
    EXPECT_TRUE(says(compiled, "no rule uses the limit 'idle'"));
    EXPECT_TRUE(says(compiled, "a dose has no place in a rule"));
    for (const Diagnostic& error : compiled.errors) EXPECT_EQ(error.file, "p.toml");
}

TEST(Pack, TheCaretStandsUnderTheMistake)
{
    const CompiledPack compiled = compile_pack(head + rule("r", "priority = \"low\"\nwhen = \"hr > 50 /min and rr < 12\""), "p.toml");
    ASSERT_EQ(compiled.errors.size(), 1U);
    EXPECT_EQ(compiled.errors[0].text(), "p.toml:10:31: error: 'rr' needs a unit: write 12 /min\n"
                                         "   10 | when = \"hr > 50 /min and rr < 12\"\n"
                                         "      |                               ^");
}

TEST(Pack, MistakesInsideOfLongAndEscapedTextsAreFound)
{
    const auto place = [](const std::string& when) {
        const CompiledPack compiled = compile_pack(head + rule("r", "priority = \"low\"\n" + when), "p.toml");
        EXPECT_EQ(compiled.errors.size(), 1U);
        return std::pair{compiled.errors.at(0).line, compiled.errors.at(0).column};
    };
    using Place = std::pair<std::uint32_t, std::uint32_t>;
    EXPECT_EQ(place("when = \"\"\"\nhr > 50 /min\nand rr < 12\n\"\"\""), (Place{12, 10}));
    EXPECT_EQ(place("when = '''hr > 50 /min\r\nand rr < 12'''"), (Place{11, 10}));
    EXPECT_EQ(place("when = \"\\u0072\\u0072 < 12\""), (Place{10, 24}));
    EXPECT_EQ(place("when = \"\"\"hr > 50 /min \\\n   and rr < 12\"\"\""), (Place{11, 13}));
    EXPECT_EQ(place("when = 'rr < 12'"), (Place{10, 14}));
    EXPECT_EQ(place("when = \"\"\"\r\nhr > 50 /min\r\nand rr < 12\"\"\""), (Place{12, 10}));
    EXPECT_EQ(place("when = \"\\U00000072\\u0072\\t\\u003C 12\""), (Place{10, 34})) << "each kind has its length";
    EXPECT_EQ(place("when = \"rr \\u2264 12\""), (Place{10, 19})) << "of three bytes";
    EXPECT_EQ(place("when = \"rr \\U00002264 12\""), (Place{10, 23}));
    EXPECT_EQ(place("when = \"\"\"rr \\ \t\r\n \t \r\n < 12\"\"\""), (Place{12, 4})) << "spaces after it, and empty lines";
    EXPECT_EQ(place("when = \"rr\\u00a0< 12\""), (Place{10, 11})) << "of two bytes";
    EXPECT_EQ(place("when = \"rr\\U0001F600< 12\""), (Place{10, 11})) << "of four bytes";
    EXPECT_EQ(place("when = \"rr ≤ 12\""), (Place{10, 14})) << "columns count characters, not bytes";
    EXPECT_EQ(place("when = \"\"\"rr \\\t\n < 12\"\"\""), (Place{11, 4})) << "a tab after the backslash";
    EXPECT_EQ(place("when = \"\"\"rr \\\r\n < 12\"\"\""), (Place{11, 4})) << "an end as in Windows";
    EXPECT_EQ(place("when = \"\\u0072\\u0072 \\u003c 12 \\U0000006d\\u006D\\u0048\\u0067\""), (Place{10, 32})) << "digits of either case";
}

TEST(Pack, SyntaxErrorsOfTheFileAreShownAtTheirPlace)
{
    const CompiledPack compiled = compile_pack("name = \"p\"\ntitle = t\n", "p.toml");
    ASSERT_EQ(compiled.errors.size(), 1U);
    EXPECT_EQ(compiled.errors[0].line, 2U);
    EXPECT_EQ(compiled.errors[0].source_line, "title = t");
}

TEST(Pack, IdsAreUniqueAndTheFirstIsNamed)
{
    const std::string one = rule("same", "priority = \"low\"\nwhen = \"rr < 12 /min\"");
    const CompiledPack compiled = compile_pack(head + one + one, "p.toml");
    ASSERT_EQ(compiled.errors.size(), 1U);
    EXPECT_TRUE(says(compiled, "'same' is already used in line 5"));
}

TEST(Pack, ALimitCanBeReplacedForASite)
{
    const std::string text = head + "[limits]\nstop = \"94 %\"\n" + rule("r", "priority = \"low\"\nwhen = \"spo2 < stop\"");
    EXPECT_TRUE(compile_pack(text, "p.toml", {{"stop", "92 %"}}).pack);
    const CompiledPack unknown = compile_pack(text, "p.toml", {{"stp", "92 %"}});
    EXPECT_TRUE(says(unknown, "has no limit 'stp'; did you mean 'stop'?"));
    EXPECT_TRUE(says(compile_pack(text, "p.toml", {{"stop", "low"}}), "'low' is not a number with a unit"));
    const CompiledPack unit = compile_pack(text, "p.toml", {{"stop", "92 mmHg"}});
    EXPECT_TRUE(says(unit, "'mmHg' does not fit 'spo2'"));
    EXPECT_TRUE(says(compile_pack(text, "p.toml", {{"stop", "120 %"}}), "always true"));
}

TEST(Pack, ALevelNeverClearsAnAlarm)
{
    const auto compiled = [](const std::string& body) {
        return compile_pack(head + rule("r", "priority = \"medium\"\n" + body), "p.toml");
    };
    const std::string words = "a level never clears an alarm";
    EXPECT_TRUE(says(compiled("when = \"mg > 4 mmol/L\""), words));
    EXPECT_TRUE(says(compiled("when = \"rr < 12 /min and mg > 4 mmol/L\""), words));
    EXPECT_TRUE(says(compiled("when = \"rr < 12 /min\"\nclear = \"mg < 2 mmol/L\""), words));
    EXPECT_TRUE(says(compiled("when = \"rr < 12 /min\"\nclear = \"sustained(mg < 2 mmol/L, 1 h)\""), words));
    EXPECT_TRUE(compiled("when = \"mg > 4 mmol/L\"\nclear = \"after(reflex, mg) and reflex >= 2\"").pack);
    EXPECT_TRUE(compiled("when = \"mg > 4 mmol/L\"\nclear = \"never\"").pack);
    EXPECT_TRUE(says(compiled("when = \"rr < 12 /min\"\nclear = \"sustained(reflex >= 2 and mg < 2 mmol/L, 1 h)\""), words));
    EXPECT_TRUE(compiled("when = \"rr < 12 /min\"\nclear = \"sustained(reflex >= 2 and not epidural, 1 h)\"").pack);
}

TEST(Pack, AnAlarmMayNotEndWhileItsCauseStays)
{
    const auto compiled = [](const std::string& clear) {
        return compile_pack(head + rule("r", "priority = \"medium\"\nwhen = \"rr < 12 /min\"\nclear = \"" + clear + "\""), "p.toml");
    };
    EXPECT_TRUE(says(compiled("rr >= 10 /min"), "can be true while 'when' is"));
    EXPECT_TRUE(says(compiled("rr < 8 /min"), "can be true while 'when' is"));
    EXPECT_TRUE(compiled("rr >= 12 /min").pack);
    EXPECT_TRUE(compiled("rr > 13 /min").pack);
    // Of what is no value on a scale nothing overlaps.
    const CompiledPack lost = compile_pack(head + rule("r", "priority = \"medium\"\nwhen = \"lost(rr)\"\nclear = \"known(rr)\""), "p");
    EXPECT_TRUE(lost.pack);
    const auto mean = [](const std::string& clear) {
        const std::string body = "priority = \"medium\"\nwhen = \"mean(rr, 5 min) < 12 /min\"\nclear = \"";
        return compile_pack(head + rule("r", body + clear + "\""), "p");
    };
    EXPECT_TRUE(says(mean("mean(rr, 5 min) > 10 /min"), "can be true while 'when' is"));
    EXPECT_TRUE(mean("mean(rr, 5 min) >= 12 /min").pack);
}

TEST(Pack, WhatAPhysiologicalHighAlarmMustBe)
{
    EXPECT_TRUE(says(compile_pack(head + rule("r", "priority = \"high\"\nlatching = false\nwhen = \"rr < 12 /min\""), "p"), "latches"));
    EXPECT_TRUE(says(compile_pack(head + rule("r", "priority = \"medium\"\ntogether = true\nwhen = \"rr < 12 /min\""), "p"),
                     "only a high alarm pages everybody together"));
    EXPECT_TRUE(says(compile_pack(head + rule("r", "priority = \"urgent\"\nwhen = \"rr < 12 /min\""), "p"),
                     "one of: low, medium, high"));
}

TEST(Pack, WordsOfAPageAreShortAndPlain)
{
    const auto with = [](const std::string& message) {
        return compile_pack(head + "[[rule]]\nid = \"r\"\ntitle = \"t\"\nmessage = \"" + message +
                                "\"\nsource = \"s\"\npriority = \"low\"\nwhen = \"rr < 12 /min\"\n",
                            "p.toml");
    };
    EXPECT_TRUE(says(with(std::string(41, 'x')), "1 to 40 characters"));
    EXPECT_TRUE(says(with("Atmung verlangsamt ♥"), "plain letters"));
    EXPECT_TRUE(says(with("give 10 mL now"), "a dose has no place"));
    EXPECT_TRUE(with("Level above 4 mmol/L").pack);
    EXPECT_TRUE(with("Rate above 3 g/h").pack);
}

TEST(Pack, ChecksAreChecked)
{
    const auto with = [](const std::string& body) {
        return compile_pack(head + rule("r", "priority = \"low\"\nwhen = \"rr < 12 /min\"") +
                                "[[check]]\nid = \"c\"\ntitle = \"t\"\nsource = \"s\"\n" + body,
                            "p.toml");
    };
    EXPECT_TRUE(says(with("signals = [\"reflx\"]\nevery = \"1 h\"\noverdue_after = \"15 min\"\n"), "did you mean 'reflex'"));
    EXPECT_TRUE(says(with("signals = []\nevery = \"1 h\"\noverdue_after = \"15 min\"\n"), "names no signal"));
    EXPECT_TRUE(says(with("signals = [\"rr\"]\nevery = \"0 s\"\noverdue_after = \"15 min\"\n"), "longer than nothing"));
    EXPECT_TRUE(says(with("signals = [\"rr\"]\nevery = \"1 h\"\nfirst_for = \"2 h\"\noverdue_after = \"15 min\"\n"), "belong together"));
    const std::string good = "signals = [\"rr\"]\nevery = \"1 h\"\noverdue_after = \"15 min\"\n";
    EXPECT_TRUE(with(good + "phases = [{ every = \"15 min\", for = \"2 h\" }, { every = \"30 min\", for = \"4 h\" }]\n"
                            "after_stop = { every = \"15 min\", for = \"6 h\" }\nbefore_dose = \"30 min\"\n").pack);
    EXPECT_TRUE(says(with(good + "phases = []\n"), "1 to 8 phases"));
    EXPECT_TRUE(says(with(good + "phases = [\"15 min\"]\n"), "a phase is written"));
    EXPECT_TRUE(says(with(good + "after_stop = { every = \"2 h\", for = \"1 h\" }\n"), "at least as long as its interval"));
    EXPECT_TRUE(says(with(good + "after_stop = { evry = \"2 h\", for = \"1 h\" }\n"), "did you mean 'every'"));
    EXPECT_TRUE(says(with(good + "before_dose = \"0 s\"\n"), "longer than nothing"));
    EXPECT_TRUE(says(with(good + "first_every = \"5 min\"\nfirst_for = \"1 h\"\nphases = [{ every = \"15 min\", for = \"2 h\" }]\n"),
                     "write 'phases' alone"));
    EXPECT_TRUE(says(with("signals = [\"rr\"]\novedue_after = \"15 min\"\n"), "did you mean 'overdue_after'"));
}

TEST(Pack, IsBounded)
{
    std::string rules = head;
    for (std::size_t i = 0; i <= rules_max; ++i) {
        rules += rule("r" + std::to_string(i), "priority = \"low\"\nwhen = \"rr < 12 /min\"");
    }
    EXPECT_TRUE(says(compile_pack(rules, "p"), "too many rules: at most 256"));
    std::string windows = head;
    for (std::size_t i = 0; i <= windows_max; ++i) {
        windows += rule("r" + std::to_string(i), "priority = \"low\"\nwhen = \"mean(rr, " + std::to_string(i + 1) + " s) < 12 /min\"");
    }
    EXPECT_TRUE(says(compile_pack(windows, "p"), "too many different windows in this pack: at most 64"));
    std::string atoms = head;
    for (int i = 0; i < 60; ++i) {
        std::string when = "rr < 12 /min";
        for (int k = 1; k <= 10; ++k) when += " or age(rr) > " + std::to_string(i * 10 + k) + " s";
        atoms += rule("r" + std::to_string(i), "priority = \"low\"\nwhen = \"" + when + "\"");
    }
    EXPECT_TRUE(says(compile_pack(atoms, "p"), "too many different comparisons in this pack: at most 512"));
    EXPECT_TRUE(says(compile_pack(std::string(pack_bytes_max + 1, '#'), "p"), "larger than"));
    EXPECT_TRUE(says(compile_pack(head, "p"), "no [[rule]]"));
}

TEST(Pack, MoreThanOneWordOfComparisonsOfASignal)
{
    std::string text = head + "benchmark = true\n"; // not judged for rules that others make pointless
    for (int i = 1; i <= 100; ++i) {
        text += rule("r" + std::to_string(i), "priority = \"low\"\nwhen = \"hr < " + std::to_string(20 + i) + " /min\"");
    }
    EXPECT_TRUE(compile_pack(text, "p.toml").pack);
}

} // namespace
} // namespace magwatch
