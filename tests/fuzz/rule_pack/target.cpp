// Any bytes as a rule pack: a pack or mistakes with places inside the text, never a crash. A pack that is taken
// is run over a patient, within its bounds. Before a line with "=====", the pack; after it, its test file; after
// a second such line the packs that it may extend, each after a further one: "a", "b", "c" in this order.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "rules/base/archive.hpp"
#include "rules/evaluation/evaluation.hpp"
#include "rules/alarm/rule_tests.hpp"

namespace {

using namespace magwatch;

constexpr std::string_view border = "\n=====\n";

void run(const Pack& pack)
{
    if (pack.rules.size() > rules_max || pack.windows.size() > windows_max || pack.plan.atoms.size() > atoms_max) {
        std::abort();
    }
    PatientState patient;
    patient.set_windows(pack.windows);
    Evaluation evaluation{pack};
    std::size_t last = 0;
    const auto in_order = [&](std::size_t rule, const RuleTruth&) {
        if (rule >= pack.rules.size() || rule < last) std::abort();
        last = rule;
    };
    Instant now{1000};
    evaluation.evaluate(pack, patient, now, ~SignalMask{0}, in_order);
    for (int i = 0; i < 40; ++i) {
        for (std::size_t s = 0; s < signal_count; ++s) {
            const auto signal = static_cast<Signal>(s);
            const SignalInfo& about = info(signal);
            const double value = i % 3 == 0 ? about.min : i % 3 == 1 ? about.max : (about.min + about.max) / 2;
            if (i % 7 == 6) {
                patient.reject(signal, Validity::invalid, now);
            } else {
                patient.accept(signal, value, now, now, no_source);
            }
            last = 0;
            evaluation.evaluate(pack, patient, now, mask(signal), in_order);
        }
        now = now + Duration{700 * (i + 1)};
        for (int due = 0; due < 1000 && evaluation.next_due() <= now; ++due) {
            const Instant at = evaluation.next_due();
            last = 0;
            evaluation.evaluate_due(pack, patient, at, in_order);
            if (evaluation.next_due() <= at) std::abort(); // time would stand still
        }
    }
    if (!from_bytes<PatientState>(as_text(to_bytes(patient)))) std::abort();
}

class Parents : public PackLibrary {
public:
    explicit Parents(std::string_view text) : text_{text} {}
    std::optional<PackSource> find(std::string_view name) const override
    {
        if (name.size() != 1 || name[0] < 'a' || name[0] > 'z') return std::nullopt;
        std::string_view rest = text_;
        for (char at = 'a'; at < name[0]; ++at) {
            const std::size_t cut = rest.find(border);
            if (cut == std::string_view::npos) return std::nullopt;
            rest = rest.substr(cut + border.size());
        }
        return PackSource{std::string{rest.substr(0, rest.find(border))}, std::string{name} + ".toml", "", ""};
    }
    std::vector<std::string> names() const override { return {"a", "b", "c"}; }

private:
    std::string_view text_;
};

// With what it extends: the effective text compiles to the same rules, and is its own effective text.
void inherit(std::string_view pack_text, std::string_view parents)
{
    const Parents library{parents};
    const CompiledPack compiled = compile_pack(pack_text, "fuzz.toml", {}, &library);
    if ((compiled.pack != nullptr) != compiled.errors.empty()) std::abort();
    for (const Diagnostic& mistake : compiled.errors) (void)mistake.text();
    if (!compiled.pack) return;
    run(*compiled.pack);
    if (compiled.pack->outline.lineage.size() > lineage_max) std::abort();
    const EffectiveText effective = effective_text(pack_text, "fuzz.toml", &library);
    if (effective.text.empty()) return; // too long
    const CompiledPack again = compile_pack(effective.text, "effective.toml");
    if (!again.pack || again.pack->rules.size() != compiled.pack->rules.size()) std::abort();
    for (std::size_t i = 0; i < again.pack->rules.size(); ++i) {
        if (!(again.pack->rules[i].when == compiled.pack->rules[i].when)) std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::size_t cut = std::min(text.find(border), text.size());
    const std::string_view pack_text = text.substr(0, cut);
    const CompiledPack compiled = compile_pack(pack_text, "fuzz.toml", {{"rr_stop", "10 /min"}});
    const CompiledPack plain = compile_pack(pack_text, "fuzz.toml");
    for (const CompiledPack* one : {&compiled, &plain}) {
        if ((one->pack != nullptr) != one->errors.empty()) std::abort();
        const auto lines = static_cast<std::size_t>(std::count(pack_text.begin(), pack_text.end(), '\n')) + 1;
        for (const Diagnostic& mistake : one->errors) {
            if (mistake.message.empty() || mistake.line > lines) std::abort();
            (void)mistake.text();
        }
        if (one->pack) run(*one->pack);
    }
    const std::string_view rest = cut < text.size() ? text.substr(cut + border.size()) : std::string_view{};
    const std::size_t second = std::min(rest.find(border), rest.size());
    inherit(pack_text, second < rest.size() ? rest.substr(second + border.size()) : std::string_view{});
    if (plain.pack && cut < text.size()) {
        std::vector<Diagnostic> errors;
        const auto cases = read_cases(rest.substr(0, second), "fuzz.test.toml", *plain.pack, errors);
        for (const RuleCase& one : cases) {
            // Long cases are slow, not wrong.
            if (one.events.size() < 500 && one.until < std::chrono::hours{2}) (void)run_case(*plain.pack, one);
        }
    }
    return 0;
}
