// What a pack says of itself: whether two behave alike, and the effective text that stands alone.
#include <gtest/gtest.h>

#include <string>

#include "rules/language/pack.hpp"

namespace magwatch {
namespace {

std::string rule(const std::string& id, const std::string& body)
{
    return "[[rule]]\nid = \"" + id + "\"\ntitle = \"t\"\nmessage = \"m\"\nsource = \"s\"\npriority = \"medium\"\n" + body;
}
const std::string head = "name = \"p\"\ntitle = \"t\"\nversion = \"1\"\n";
const std::string limits = "[limits]\nstop = { value = \"12 /min\", source = \"s\" }\nfast = { value = \"150 /min\", source = \"s\" }\n";
const std::string rules = rule("slow", "when = \"rr below stop\"\nfor = \"30 s\"\n") + rule("other", "when = \"spo2 < 90 %\"\n");
const std::string inhibit = "[[inhibit]]\nid = \"i\"\nrules = [\"slow\"]\nwhen = \"hr above fast\"\nat_most = \"5 min\"\nreason = \"r\"\n";

CompiledPack compiled(const std::string& text, const PackLibrary* library = nullptr)
{
    CompiledPack out = compile_pack(text, "p.toml", {}, library);
    for (const Diagnostic& error : out.errors) ADD_FAILURE() << error.text();
    return out;
}
std::string with(std::string text, const std::string& from, const std::string& to)
{
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(SameBehaviour, IsThatOfOneRuleInTwoPacks)
{
    const std::string text = head + limits + rules + inhibit;
    const CompiledPack one = compiled(text);
    const auto same = [&](const std::string& other, const std::string& id = "slow") {
        return same_behaviour(one.pack->outline, compiled(other).pack->outline, id);
    };
    EXPECT_TRUE(same(text));
    EXPECT_TRUE(same(with(text, "message = \"m\"", "message = \"other words\"")));
    EXPECT_TRUE(same(with(text, "spo2 < 90 %", "spo2 < 91 %"))) << "another rule is another matter";
    EXPECT_FALSE(same(with(text, "spo2 < 90 %", "spo2 < 91 %"), "other"));
    for (const auto& [from, to] : {std::pair{"value = \"12 /min\"", "value = \"13 /min\""},
                                   std::pair{"value = \"12 /min\"", "value = \"12 /min\", inclusive = true"},
                                   std::pair{"for = \"30 s\"", "for = \"31 s\""},
                                   std::pair{"rr below stop", "rr < stop"},
                                   std::pair{"rr below stop", "rr below stop or rr_counted below stop"},
                                   std::pair{"value = \"150 /min\"", "value = \"151 /min\""},
                                   std::pair{"value = \"150 /min\"", "value = \"150 /min\", inclusive = true"},
                                   std::pair{"at_most = \"5 min\"", "at_most = \"6 min\""}}) {
        EXPECT_FALSE(same(with(text, from, to))) << to;
    }
    EXPECT_FALSE(same(text, "missing")) << "neither has it";
    for (const char* id : {"slow", "other"})
        EXPECT_FALSE(same(with(text, "rules = [\"slow\"]", "rules = [\"other\"]"), id)) << "it holds another one back";
}

// `base` with what a child says of it.
class Base : public PackLibrary {
public:
    explicit Base(std::string text) : text_{std::move(text)} {}
    std::optional<PackSource> find(std::string_view) const override { return PackSource{text_, "p.toml", "", ""}; }
    std::vector<std::string> names() const override { return {"p"}; }

private:
    std::string text_;
};
std::string child(const std::string& body) { return "name = \"c\"\ntitle = \"t\"\nversion = \"1\"\nextends = \"p\"\n" + body; }

TEST(SameBehaviour, ADisabledRuleHasNone)
{
    const Base base{head + limits + rules + inhibit};
    const CompiledPack plain = compiled(child(""), &base);
    const CompiledPack without = compiled(child("[[rule]]\nid = \"other\"\ndisabled = true\nreason = \"r\"\n"), &base);
    const PackOutline &a = plain.pack->outline, &b = without.pack->outline;
    EXPECT_FALSE(same_behaviour(a, b, "other"));
    EXPECT_FALSE(same_behaviour(b, a, "other"));
    EXPECT_TRUE(same_behaviour(a, b, "slow"));
    // Only one of the two has such a rule.
    const CompiledPack more = compiled(child(rule("new", "when = \"hr < 40 /min\"\n")), &base);
    EXPECT_FALSE(same_behaviour(a, more.pack->outline, "new"));
    EXPECT_FALSE(same_behaviour(more.pack->outline, a, "new"));
}

TEST(SameBehaviour, ADisabledInhibitionHoldsNothingBack)
{
    const Base base{head + limits + rules + inhibit};
    const CompiledPack plain = compiled(child(""), &base);
    const CompiledPack off = compiled(child("[[inhibit]]\nid = \"i\"\ndisabled = true\nreason = \"r\"\n"), &base);
    EXPECT_FALSE(same_behaviour(plain.pack->outline, off.pack->outline, "slow"));
    EXPECT_TRUE(same_behaviour(plain.pack->outline, off.pack->outline, "other"));
    const CompiledPack too = compiled(child("[[inhibit]]\nid = \"i\"\ndisabled = true\nreason = \"other\"\n"), &base);
    EXPECT_TRUE(same_behaviour(off.pack->outline, too.pack->outline, "slow")) << "why it is off changes nothing";
}

TEST(EffectiveText, SaysWhatAPackIs)
{
    const std::string pack = rule("slow", "when = \"rr < 12 /min\"\n");
    const auto text_of = [&](const std::string& more) { return effective_text(*compiled(head + more + pack).pack); };
    const std::string plain = text_of("");
    for (const char* word : {"example", "benchmark", "max_age", "[limits]"}) EXPECT_EQ(plain.find(word), std::string::npos) << word;
    EXPECT_NE(text_of("example = true\n").find("\nexample = true\n"), std::string::npos);
    const std::string ageless = text_of("benchmark = true\nmax_age = \"none\"\n");
    EXPECT_NE(ageless.find("\nbenchmark = true\nmax_age = \"none\"\n"), std::string::npos);
    EXPECT_TRUE(compiled(ageless).pack->ageless);
}

TEST(EffectiveText, WritesAnyTextSoThatItIsReadAgain)
{
    const std::string odd = head + "[limits]\nstop = \"12 /min\"\n" +
                            rule("slow", "prompt = \"a \\\\ b \\\" c \\u007F \\u0001 d \\n e\"\nwhen = \"rr < stop\"\n");
    const CompiledPack direct = compiled(odd);
    const std::string effective = effective_text(*direct.pack);
    EXPECT_NE(effective.find("stop = { value = \"12 /min\", source = \"not given\", from = \"p\" }"), std::string::npos) << effective;
    EXPECT_NE(effective.find(R"(prompt = "a \\ b \" c \u007F \u0001 d \n e")"), std::string::npos) << effective;
    const CompiledPack again = compiled(effective);
    EXPECT_EQ(again.pack->rules[0].prompt, direct.pack->rules[0].prompt);
    EXPECT_EQ(effective_text(*again.pack), effective) << "it is a fixed point";
}

// Whence a field comes stands in the text; what is said of it in another way comes from the pack itself.
TEST(EffectiveText, TellsWhenceEachPartComes)
{
    const auto from_of = [](const std::string& from) {
        const CompiledPack pack = compiled("lineage = [\"p\", \"base\"]\n" + head + rule("slow", "when = \"rr < 12 /min\"\n" + from));
        return pack.pack->outline.rules.at(0).field("when")->from;
    };
    EXPECT_EQ(from_of(""), "p");
    EXPECT_EQ(from_of("from = \"base\"\n"), "base");
    EXPECT_EQ(from_of("from = { \"*\" = \"base\", when = \"site\" }\n"), "site");
    EXPECT_EQ(from_of("from = { \"*\" = \"base\", title = \"site\" }\n"), "base");
    EXPECT_EQ(from_of("from = { title = \"site\" }\n"), "p");
    EXPECT_EQ(from_of("from = 5\n"), "p");
}

TEST(EffectiveText, OfWhatDoesNotCompileThereIsNone)
{
    const EffectiveText broken = effective_text("name = \"p\"\n", "p.toml", nullptr);
    EXPECT_EQ(broken.text, "");
    EXPECT_FALSE(broken.errors.empty());
}

// Two files that may each be read, and together are more than one may be.
TEST(EffectiveText, IsNoLongerThanAFileMayBe)
{
    const auto many = [](const std::string& id) {
        std::string out;
        for (int i = 0; i < 90; ++i) {
            out += rule(id + std::to_string(i), "when = \"rr < " + std::string(7'000, ' ') + std::to_string(10 + i) + " /min\"\n");
        }
        return out;
    };
    const Base base{"benchmark = true\n" + head + many("a")};
    const EffectiveText whole = effective_text("benchmark = true\n" + child(many("b")), "c.toml", &base);
    EXPECT_EQ(whole.text, "");
    ASSERT_EQ(whole.errors.size(), 1U);
    EXPECT_EQ(whole.errors[0].text(), "c.toml: error: the effective pack is larger than 1024 KiB");
}

} // namespace
} // namespace magwatch
