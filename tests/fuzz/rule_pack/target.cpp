// Any bytes as a rule pack: a pack or mistakes with places inside the text, never a crash. A pack that is taken
// is run over a patient, within its bounds. Before a line with "=====", the pack; after it, its test file.
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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    constexpr std::string_view border = "\n=====\n";
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
    if (plain.pack && cut < text.size()) {
        std::vector<Diagnostic> errors;
        const auto cases = read_cases(text.substr(cut + border.size()), "fuzz.test.toml", *plain.pack, errors);
        for (const RuleCase& one : cases) {
            // Long cases are slow, not wrong.
            if (one.events.size() < 500 && one.until < std::chrono::hours{2}) (void)run_case(*plain.pack, one);
        }
    }
    return 0;
}
