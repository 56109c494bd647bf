// A pack that extends another states what differs; everything else is inherited and shown as inherited.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "rules/language/pack.hpp"

namespace magwatch {
namespace {

class Library : public PackLibrary {
public:
    explicit Library(std::map<std::string, std::string, std::less<>> texts) : texts_{std::move(texts)} {}
    std::optional<PackSource> find(std::string_view name) const override
    {
        const auto found = texts_.find(name);
        if (found == texts_.end()) return std::nullopt;
        return PackSource{found->second, found->first + ".toml", "", ""};
    }
    std::vector<std::string> names() const override
    {
        std::vector<std::string> out;
        for (const auto& [name, text] : texts_) out.push_back(name);
        return out;
    }

private:
    std::map<std::string, std::string, std::less<>> texts_;
};

const std::string base = R"(name = "base"
title = "Base"
version = "1"

[limits]
rr_stop = { value = "16 /min", source = "licence [V]", title = "Slow" }
spo2_stop = { value = "94 %", source = "GGC [V]" }

[[rule]]
id = "rr-low"
title = "Respiratory rate low"
message = "Slow breathing"
prompt = "STOP"
source = "limit; 30 s: design"
priority = "high"
grade = 2
for = "30 s"
needs = "mg_on_board"
when = "rr <= rr_stop"

[[rule]]
id = "spo2-low"
title = "Oxygen low"
message = "Low oxygen"
source = "limit"
priority = "high"
when = "spo2 < spo2_stop"

[[rule]]
id = "drowsy"
title = "Drowsy"
message = "Drowsy"
source = "US card [V]"
priority = "medium"
when = "avpu >= voice"

[[check]]
id = "reflex"
title = "Reflexes"
signals = ["reflex_knee", "reflex_arm"]
every = "1 h"
overdue_after = "15 min"
source = "hourly: GGC [V]"
)";

std::string site(const std::string& body, const std::string& parent = "base")
{
    return "name = \"site\"\ntitle = \"Site\"\nversion = \"2\"\nextends = \"" + parent + "\"\n" + body;
}
const Library library{{{"base", base}}};
CompiledPack compile(const std::string& body) { return compile_pack(site(body), "site.toml", {}, &library); }
std::string errors_of(const CompiledPack& compiled)
{
    std::string out;
    for (const Diagnostic& error : compiled.errors) out += error.text() + "\n";
    return out;
}
bool says(const CompiledPack& compiled, const std::string& words)
{
    return errors_of(compiled).find(words) != std::string::npos;
}
std::string from(const Pack& pack, const std::string& rule, const std::string& key)
{
    const PackItem* item = pack.outline.rule(rule);
    const PackField* field = item ? item->field(key) : nullptr;
    return field ? field->from + ": " + field->value : "nothing";
}

// --- what is inherited ---

TEST(Inheritance, ASilentPackIsItsParent)
{
    const CompiledPack compiled = compile("");
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    const Pack& pack = *compiled.pack;
    const CompiledPack parent = compile_pack(base, "base.toml");
    EXPECT_EQ(pack.name, "site");
    EXPECT_EQ(pack.title, "Site");
    EXPECT_EQ(pack.outline.lineage, (std::vector<std::string>{"site", "base"}));
    ASSERT_EQ(pack.rules.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(pack.rules[i].id, parent.pack->rules[i].id);
        EXPECT_EQ(pack.rules[i].when, parent.pack->rules[i].when);
    }
    EXPECT_EQ(from(pack, "rr-low", "when"), "base: rr <= rr_stop");
    EXPECT_EQ(pack.outline.limit("rr_stop")->from, "base");
    EXPECT_EQ(pack.checks.size(), 1U);
    EXPECT_EQ(pack.outline.checks[0].field("every")->from, "base");
}

TEST(Inheritance, ALimitIsReplacedByNameWithItsSource)
{
    const CompiledPack compiled =
        compile("[limits]\nrr_stop = { value = \"14 /min\", source = \"GGC: below 14 [V]\" }\n");
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    const PackLimit& limit = *compiled.pack->outline.limit("rr_stop");
    EXPECT_EQ(limit.value, "14 /min");
    EXPECT_EQ(limit.source, "GGC: below 14 [V]");
    EXPECT_EQ(limit.from, "site");
    EXPECT_EQ(limit.title, "Slow") << "what the limit is called is inherited";
    EXPECT_EQ(compiled.pack->outline.limit("spo2_stop")->from, "base");
    const auto& atoms = compiled.pack->plan.atoms;
    EXPECT_TRUE(std::any_of(atoms.begin(), atoms.end(),
                            [](const Atom& a) { return a.signal == Signal::rr && a.limit == 14; }));
}

TEST(Inheritance, ALimitIsNotReplacedWithoutItsSource)
{
    EXPECT_TRUE(says(compile("[limits]\nrr_stop = \"14 /min\"\n"),
                     "site.toml:6:11: error: this replaces an inherited limit: say where it comes from"));
    EXPECT_TRUE(says(compile("[limits]\nrr_stop = { value = \"14 /min\" }\n"), "the limit has no 'source'"));
}

TEST(Inheritance, SingleFieldsOfARuleAreChangedById)
{
    const CompiledPack compiled = compile("[[rule]]\nid = \"rr-low\"\nwhen = \"rr < rr_stop\"\nsource = \"GGC [V]\"\n"
                                          "[[rule]]\nid = \"drowsy\"\nmessage = \"Sleepy\"\n");
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    const Pack& pack = *compiled.pack;
    EXPECT_EQ(from(pack, "rr-low", "when"), "site: rr < rr_stop");
    EXPECT_EQ(from(pack, "rr-low", "for"), "base: 30 s");
    EXPECT_EQ(from(pack, "rr-low", "prompt"), "base: STOP");
    EXPECT_EQ(pack.rules[0].id, "rr-low") << "the order of the parent stays";
    EXPECT_EQ(pack.rules[0].hold, Duration{30'000});
    EXPECT_EQ(pack.rules[2].message, "Sleepy");
}

TEST(Inheritance, AFieldIsTakenAway)
{
    const CompiledPack compiled = compile("[[rule]]\nid = \"rr-low\"\nunset = [\"needs\", \"for\"]\n");
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    EXPECT_TRUE(compiled.pack->rules[0].needs.empty());
    EXPECT_EQ(compiled.pack->rules[0].hold, Duration{});
    EXPECT_TRUE(says(compile("[[rule]]\nid = \"rr-low\"\nunset = [\"clear\"]\n"), "'unset' lists fields"));
    EXPECT_TRUE(says(compile("[[rule]]\nid = \"rr-low\"\nunset = [\"when\"]\n"), "base.toml:9:1: error: the rule has no 'when'"));
}

TEST(Inheritance, RulesAndChecksAreAdded)
{
    const CompiledPack compiled = compile("[[rule]]\nid = \"hr-low\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\n"
                                          "priority = \"low\"\nwhen = \"hr < 50 /min\"\n"
                                          "[[check]]\nid = \"urine\"\ntitle = \"u\"\nsignals = [\"urine\"]\nevery = \"1 h\"\n"
                                          "overdue_after = \"15 min\"\nsource = \"GGC\"\n");
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    EXPECT_EQ(compiled.pack->rules.back().id, "hr-low");
    EXPECT_EQ(compiled.pack->checks.back().id, "urine");
    EXPECT_EQ(compiled.pack->outline.rule("hr-low")->from, "site");
}

TEST(Inheritance, ALimitThatAChangedRuleLeavesIdleIsNoLongerShown)
{
    const CompiledPack compiled =
        compile("[[rule]]\nid = \"rr-low\"\nwhen = \"rr < 12 /min\"\nsource = \"KEMH [V]\"\n");
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    EXPECT_EQ(compiled.pack->outline.limit("rr_stop"), nullptr);
    EXPECT_TRUE(says(compile("[limits]\nidle = \"3 g\"\n"), "site.toml:6:8: error: no rule uses the limit 'idle'"));
}

// --- what a site pack may not do ---

TEST(Inheritance, WhatIsChangedSaysWhereItComesFrom)
{
    for (const std::string change : {"when = \"rr < 12 /min\"", "for = \"60 s\"", "priority = \"medium\"", "needs = \"epidural\""}) {
        EXPECT_TRUE(says(compile("[[rule]]\nid = \"rr-low\"\n" + change + "\n"),
                         "this changes the inherited rule 'rr-low': say where it comes from with 'source'"))
            << change;
    }
    EXPECT_TRUE(says(compile("[[check]]\nid = \"reflex\"\nevery = \"2 h\"\n"), "this changes the inherited check 'reflex'"));
}

TEST(Inheritance, ARuleIsDisabledWithAReasonAlone)
{
    const CompiledPack compiled = compile("[[rule]]\nid = \"drowsy\"\ndisabled = true\nreason = \"scored by MEOWS\"\n");
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    EXPECT_EQ(compiled.pack->rules.size(), 2U);
    EXPECT_TRUE(compiled.pack->outline.rule("drowsy")->disabled) << "it stays visible";
    EXPECT_EQ(from(*compiled.pack, "drowsy", "reason"), "site: scored by MEOWS");
    EXPECT_TRUE(says(compile("[[rule]]\nid = \"drowsy\"\ndisabled = true\n"), "the rule has no 'reason'"));
    EXPECT_TRUE(says(compile("[[rule]]\nid = \"drowsy\"\ndisabled = true\nreason = \"r\"\ntitle = \"t\"\n"), "nothing else"));
    EXPECT_TRUE(says(compile("[[rule]]\nid = \"drwsy\"\ndisabled = true\nreason = \"r\"\n"), "did you mean 'drowsy'"));
}

TEST(Inheritance, APhysiologicalHighRuleCanBeChangedButNotDisabled)
{
    const std::string words = "'rr-low' is a physiological alarm of high priority";
    EXPECT_TRUE(says(compile("[[rule]]\nid = \"rr-low\"\ndisabled = true\nreason = \"r\"\n"), words));
    // Nor by way of a pack in between that makes it less urgent.
    const Library two{{{"base", base},
                       {"middle", "name = \"middle\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"base\"\n"
                                  "[[rule]]\nid = \"rr-low\"\npriority = \"medium\"\nsource = \"s\"\n"}}};
    const CompiledPack compiled = compile_pack(
        site("[[rule]]\nid = \"rr-low\"\ndisabled = true\nreason = \"r\"\n", "middle"), "site.toml", {}, &two);
    EXPECT_TRUE(says(compiled, words));
}

TEST(Inheritance, AMisspeltRuleIsNoNewOne)
{
    const CompiledPack compiled = compile("[[rule]]\nid = \"rr-lwo\"\nfor = \"20 s\"\nsource = \"s\"\n");
    EXPECT_TRUE(says(compiled, "site.toml:6:6: error: no rule 'rr-lwo' is inherited; did you mean 'rr-low'?"));
}

TEST(Inheritance, ARecalledNumberIsADefaultNowhere)
{
    const std::string limit = "[limits]\nrr_stop = { value = \"14 /min\", source = \"ACOG [R]\" }\n";
    EXPECT_TRUE(says(compile(limit), "site.toml:6:47: error: a recalled number [R] may be a default nowhere"));
    EXPECT_TRUE(compile("example = true\n" + limit).pack);
    EXPECT_TRUE(says(compile("[[check]]\nid = \"reflex\"\nevery = \"2 h\"\nsource = \"some [R]\"\n"), "may be a default nowhere"));
}

TEST(Inheritance, AnExamplePackIsNoParentOfASite)
{
    const Library examples{{{"base", "example = true\n" + base}}};
    const CompiledPack compiled = compile_pack(site(""), "site.toml", {}, &examples);
    EXPECT_TRUE(says(compiled, "'base' is an example pack"));
    EXPECT_TRUE(compile_pack(site("example = true\n"), "site.toml", {}, &examples).pack);
}

TEST(Inheritance, ATechnicalRuleOfAnyUrgencyIsDisabled)
{
    std::string text = base + "[[rule]]\nid = \"silent\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\nkind = \"technical\"\n"
                              "priority = \"high\"\nwhen = \"age(rr) > 5 min\"\n";
    const std::string off = "[[rule]]\nid = \"silent\"\ndisabled = true\nreason = \"r\"\n";
    const Library technical{{{"base", text}}};
    EXPECT_TRUE(compile_pack(site(off), "site.toml", {}, &technical).pack);
    text.replace(text.find("\"technical\""), 11, "\"physiological\"");
    const Library grave{{{"base", text}}};
    EXPECT_TRUE(says(compile_pack(site(off), "site.toml", {}, &grave), "'silent' is a physiological alarm of high priority"));
}

TEST(Inheritance, ADisabledRuleIsTakenIntoUseAgain)
{
    const std::string off = "[[rule]]\nid = \"drowsy\"\ndisabled = true\nreason = \"scored by MEOWS\"\n";
    const Library two{{{"base", base},
                       {"middle", "name = \"middle\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"base\"\n" + off}}};
    const CompiledPack silent = compile_pack(site("", "middle"), "site.toml", {}, &two);
    ASSERT_TRUE(silent.pack) << errors_of(silent);
    EXPECT_EQ(silent.pack->rules.size(), 2U);
    const CompiledPack again =
        compile_pack(site("[[rule]]\nid = \"drowsy\"\ndisabled = false\n", "middle"), "site.toml", {}, &two);
    ASSERT_TRUE(again.pack) << errors_of(again);
    EXPECT_EQ(again.pack->rules.size(), 3U);
    EXPECT_FALSE(again.pack->outline.rule("drowsy")->disabled);
    EXPECT_EQ(again.pack->outline.rule("drowsy")->field("reason"), nullptr);
}

// An inhibition of the parent, of the rule `drowsy`.
const std::string inhibited = base + "[[inhibit]]\nid = \"asleep\"\nrules = [\"drowsy\"]\nwhen = \"epidural\"\nreason = \"r\"\n";

TEST(Inheritance, AnInhibitionIsChangedWithItsReasonOrDisabled)
{
    const Library parent{{{"base", inhibited}}};
    const auto with = [&](const std::string& body) { return compile_pack(site(body), "site.toml", {}, &parent); };
    EXPECT_TRUE(says(with("[[inhibit]]\nid = \"asleep\"\nwhen = \"digoxin\"\n"),
                     "this changes the inherited inhibit 'asleep': say where it comes from with 'reason'"));
    const CompiledPack changed = with("[[inhibit]]\nid = \"asleep\"\nwhen = \"digoxin\"\nreason = \"why\"\n");
    ASSERT_TRUE(changed.pack) << errors_of(changed);
    EXPECT_EQ(changed.pack->inhibitions.at(0).reason, "why");
    const CompiledPack off = with("[[inhibit]]\nid = \"asleep\"\ndisabled = true\nreason = \"never epidurals here\"\n");
    ASSERT_TRUE(off.pack) << errors_of(off);
    EXPECT_TRUE(off.pack->inhibitions.empty());
    EXPECT_TRUE(off.pack->outline.inhibitions.at(0).disabled) << "it stays visible";
    EXPECT_TRUE(off.pack->rules[2].needs.empty());
    // The rule it held back may go: the inhibition has nothing left to do.
    const CompiledPack gone = with("[[rule]]\nid = \"drowsy\"\ndisabled = true\nreason = \"scored\"\n");
    ASSERT_TRUE(gone.pack) << errors_of(gone);
    EXPECT_TRUE(gone.pack->inhibitions.at(0).rules.empty());
}

TEST(Inheritance, RowsOfTheSessionTableAreLaidOverOneAnother)
{
    const auto row = [](const std::string& grams, const std::string& source) {
        return "[[indication]]\nid = \"asthma\"\nbolus_max = { value = \"" + grams + "\", source = \"" + source + "\" }\n";
    };
    const std::string middle = base + row("3 g", "base") + "[[question]]\nid = \"low_calcium\"\nask = \"Calcium?\"\n";
    const Library parent{{{"base", middle}}};
    const CompiledPack compiled = compile_pack(site(row("4 g", "site")), "site.toml", {}, &parent);
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    EXPECT_EQ(compiled.pack->sessions.row(Indication::asthma).bolus_max, 4);
    EXPECT_EQ(compiled.pack->sessions.question("low_calcium")->ask, "Calcium?");
    const CompiledPack silent = compile_pack(site(""), "site.toml", {}, &parent);
    ASSERT_TRUE(silent.pack) << errors_of(silent);
    EXPECT_EQ(silent.pack->sessions.row(Indication::asthma).bolus_max, 3);
}

TEST(Inheritance, ALimitMayTakeATitleOfItsOwn)
{
    const CompiledPack compiled =
        compile("[limits]\nrr_stop = { value = \"14 /min\", source = \"GGC\", title = \"Too slow\" }\n");
    ASSERT_TRUE(compiled.pack) << errors_of(compiled);
    EXPECT_EQ(compiled.pack->outline.limit("rr_stop")->title, "Too slow");
}

// --- mistakes keep their places ---

// What a site may write wrongly about what it inherits: one row is one mistake.
TEST(Inheritance, WhatDoesNotFitWhatIsInherited)
{
    const std::pair<const char*, const char*> mistakes[] = {
        {"limits = 5\n", "site.toml:5:10: error: 'limits' is written [limits]"},
        {"rule = 5\n", "site.toml:5:8: error: 'rule' is written [[rule]]"},
        {"rule = [5]\n", "site.toml:5:9: error: 'rule' is written [[rule]]"},
        {"[[rule]]\nid = \"rr-low\"\nunset = [5]\n", "site.toml:7:10: error: 'unset' lists fields that the inherited rule has"},
        {"[[rule]]\nid = \"rr-low\"\nunset = [\"id\"]\n", "site.toml:7:10: error: 'unset' lists fields"},
        {"[[rule]]\nid = \"hr-low\"\nunset = [\"for\"]\n", "site.toml:7:9: error: no rule 'hr-low' is inherited"},
        {"[[rule]]\nfor = \"1 min\"\n", "site.toml:5:1: error: the rule has no 'id'"},
        {"[[rule]]\nid = \"rr-low\"\ntitle = \"a\"\n[[rule]]\nid = \"rr-low\"\ntitle = \"b\"\n",
         "site.toml:9:6: error: the id 'rr-low' is already used in line 10"},
    };
    for (const auto& [body, told] : mistakes) {
        const CompiledPack compiled = compile(body);
        EXPECT_FALSE(compiled.pack) << body;
        EXPECT_TRUE(says(compiled, told)) << body << errors_of(compiled);
    }
}

// What a parent may have wrong, whoever wrote it: told in the parent's file, and nothing is read past it.
TEST(Inheritance, AParentThatIsBroken)
{
    const std::string name = "name = \"base\"\n";
    const std::string rest = base.substr(name.size());
    const std::pair<std::string, const char*> parents[] = {
        {"name = \"base\n", "base.toml:1:13: error: "},
        {rest, "this file was asked for the pack 'base', but holds ''"},
        {"lineage = [\"base\"]\n" + base, "base.toml:1:11: error: an effective pack cannot be extended: extend the pack it was made from"},
        {"exmple = true\n" + base, "base.toml:1:1: error: unknown key 'exmple' in the pack; did you mean 'example'?"},
        {name + "title = \"t\"\nversion = \"1\"\nlimits = 5\n", "base.toml:4:10: error: 'limits' is written [limits]"},
        {name + "title = \"t\"\nversion = \"1\"\nrule = [5]\n", "base.toml:4:9: error: 'rule' is written [[rule]]"},
    };
    for (const auto& [text, told] : parents) {
        const Library with{{{"base", text}}};
        const CompiledPack compiled = compile_pack(site("[limits]\nrr_stop = { value = \"14 /min\", source = \"s\" }\n[[rule]]\n"
                                                        "id = \"drowsy\"\ntitle = \"other\"\n"),
                                                   "site.toml", {}, &with);
        EXPECT_FALSE(compiled.pack) << text;
        EXPECT_TRUE(says(compiled, told)) << text << errors_of(compiled);
    }
}

TEST(Inheritance, AMistakeInAParentIsShownInItsOwnFile)
{
    std::string broken = base;
    broken.replace(broken.find("spo2 < spo2_stop"), 16, "spo < spo2_stop");
    const Library with{{{"base", broken}}};
    const CompiledPack compiled = compile_pack(site("[limits]\nidle = \"3 g\"\n"), "site.toml", {}, &with);
    ASSERT_EQ(compiled.errors.size(), 2U) << errors_of(compiled);
    EXPECT_EQ(compiled.errors[0].file, "site.toml");
    EXPECT_TRUE(says(compiled, "base.toml:27:9: error: unknown signal or limit 'spo'; did you mean 'spo2'?\n"
                               "   27 | when = \"spo < spo2_stop\"\n"
                               "      |         ^"));
}

TEST(Inheritance, ALimitThatNoLongerFitsAnInheritedRuleIsShownWhereItIsUsed)
{
    const CompiledPack compiled = compile("[limits]\nrr_stop = { value = \"14 %\", source = \"s\" }\n");
    EXPECT_TRUE(says(compiled, "base.toml:19:15: error: '%' does not fit 'rr'")) << errors_of(compiled);
}

TEST(Inheritance, UnknownParentsCirclesAndLongLinesAreRefused)
{
    EXPECT_TRUE(says(compile_pack(site("", "bse"), "site.toml", {}, &library),
                     "site.toml:4:11: error: there is no pack 'bse' to extend; did you mean 'base'?"));
    EXPECT_TRUE(says(compile_pack(site(""), "site.toml"), "there is no pack 'base' to extend"));
    const auto link = [](const std::string& name, const std::string& parent) {
        return "name = \"" + name + "\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"" + parent + "\"\n";
    };
    const Library circle{{{"a", link("a", "b")}, {"b", link("b", "site")}}};
    EXPECT_TRUE(says(compile_pack(site("", "a"), "site.toml", {}, &circle),
                     "b.toml:4:11: error: packs extend each other in a circle: site -> a -> b -> site"));
    std::map<std::string, std::string, std::less<>> chain{{"p8", base}};
    for (int i = 1; i < 8; ++i) {
        chain["p" + std::to_string(i)] = link("p" + std::to_string(i), "p" + std::to_string(i + 1));
    }
    EXPECT_TRUE(says(compile_pack(site("", "p1"), "site.toml", {}, nullptr), "no pack"));
    const Library eight{chain};
    EXPECT_TRUE(says(compile_pack(site("", "p1"), "site.toml", {}, &eight), "at most 8"));
    const Library other{{{"base", link("bass", "x")}}};
    EXPECT_TRUE(says(compile_pack(site(""), "site.toml", {}, &other), "was asked for the pack 'base', but holds 'bass'"));
}

// --- the effective text ---

TEST(Inheritance, TheEffectiveTextStandsAloneAndRunsTheSameRules)
{
    const std::string text = site("[limits]\nrr_stop = { value = \"14 /min\", source = \"GGC: \\\"14\\\" [V]\" }\n"
                                  "[[rule]]\nid = \"rr-low\"\nwhen = \"rr < rr_stop\"\nsource = \"GGC [V]\"\n"
                                  "[[rule]]\nid = \"drowsy\"\ndisabled = true\nreason = \"scored\"\n");
    const CompiledPack direct = compile_pack(text, "site.toml", {}, &library);
    ASSERT_TRUE(direct.pack) << errors_of(direct);
    const EffectiveText effective = effective_text(text, "site.toml", &library);
    ASSERT_TRUE(effective.errors.empty());
    const CompiledPack again = compile_pack(effective.text, "site.toml");
    ASSERT_TRUE(again.pack) << errors_of(again) << effective.text;
    const Pack& a = *direct.pack;
    const Pack& b = *again.pack;
    ASSERT_EQ(a.rules.size(), b.rules.size());
    for (std::size_t i = 0; i < a.rules.size(); ++i) {
        EXPECT_EQ(a.rules[i].id, b.rules[i].id);
        EXPECT_EQ(a.rules[i].when, b.rules[i].when);
        EXPECT_EQ(a.rules[i].needs, b.rules[i].needs);
        EXPECT_EQ(a.rules[i].hold, b.rules[i].hold);
        EXPECT_EQ(a.rules[i].source, b.rules[i].source);
    }
    EXPECT_EQ(a.plan.atoms, b.plan.atoms);
    EXPECT_EQ(b.outline.lineage, a.outline.lineage);
    EXPECT_EQ(from(b, "rr-low", "when"), "site: rr < rr_stop");
    EXPECT_EQ(from(b, "rr-low", "for"), "base: 30 s");
    EXPECT_EQ(b.outline.limit("rr_stop")->from, "site");
    EXPECT_EQ(b.outline.limit("rr_stop")->source, "GGC: \"14\" [V]");
    EXPECT_TRUE(b.outline.rule("drowsy")->disabled);
    EXPECT_EQ(effective_text(b), effective.text) << "it is a fixed point";
}

TEST(Inheritance, APackThatExtendsNothingIsItsOwnEffectiveText)
{
    EXPECT_EQ(effective_text(base, "base.toml", nullptr).text, base);
}

TEST(Inheritance, ASitesSettingIsShownAsSuch)
{
    const CompiledPack compiled = compile_pack(site(""), "site.toml", {{"rr_stop", "12 /min"}}, &library);
    ASSERT_TRUE(compiled.pack);
    EXPECT_EQ(compiled.pack->outline.limit("rr_stop")->value, "12 /min");
    EXPECT_EQ(compiled.pack->outline.limit("rr_stop")->from, "configuration");
}

TEST(Inheritance, WhereSomethingComesFromIsNotForPeopleToWrite)
{
    EXPECT_TRUE(says(compile("[[rule]]\nid = \"drowsy\"\nfrom = \"elsewhere\"\n"), "unknown key 'from'"));
    EXPECT_TRUE(says(compile_pack("lineage = [\"other\"]\n" + base, "p.toml"), "'lineage' lists this pack"));
    EXPECT_TRUE(says(compile("lineage = [\"site\"]\n"), "extends no other"));
    EXPECT_TRUE(says(compile_pack("lineage = [\"base\"]\n" + base + "[[rule]]\nid = \"x\"\ntitle = \"t\"\nmessage = \"m\"\n"
                                  "source = \"s\"\npriority = \"high\"\nwhen = \"hr < 50 /min\"\ndisabled = true\nreason = \"r\"\n",
                                  "p.toml"),
                     "can be changed, not disabled"));
}

} // namespace
} // namespace magwatch
