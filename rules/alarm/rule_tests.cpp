#include "rules/alarm/rule_tests.hpp"

#include <algorithm>

#include "rules/alarm/alarm_condition.hpp"
#include "rules/evaluation/evaluation.hpp"
#include "rules/observation/symptom.hpp"

namespace magwatch {

std::string length_text(Duration d)
{
    const auto ms = d.count();
    if (ms % 3'600'000 == 0 && ms > 0) return std::to_string(ms / 3'600'000) + " h";
    if (ms % 60'000 == 0 && ms > 0) return std::to_string(ms / 60'000) + " min";
    if (ms % 1000 == 0) return std::to_string(ms / 1000) + " s";
    return std::to_string(ms) + " ms";
}

namespace {

// Together, of all cases of a pack and what it inherits: they run whenever it is loaded, a daemon's start waits.
constexpr std::size_t samples_max = 1'000'000;

class CaseRun {
public:
    CaseRun(const Pack& pack, const RuleCase& one) : pack_{pack}, case_{one}, evaluation_{pack}
    {
        patient_.set_windows(pack.windows);
        patient_.set_watch_start(Instant{0});
        for (std::size_t i = 0; i < signal_count; ++i) {
            const auto signal = static_cast<Signal>(i);
            if (pack.ageless) patient_.set_fresh_for(signal, lasting);
        }
        for (const auto& [signal, limit] : one.fresh_for) patient_.set_fresh_for(signal, limit);
        conditions_.resize(pack.rules.size());
    }

    std::vector<CaseTransition> run()
    {
        const auto on_change = [this](std::size_t rule, const RuleTruth& truth) { change(rule, truth, now_); };
        evaluation_.evaluate(pack_, patient_, now_, ~SignalMask{0}, on_change);
        for (const CaseEvent& event : case_.events) {
            advance(Instant{event.at.count()});
            if (event.validity == Validity::valid) {
                accept(event.signal, event.value, event);
                // As when they are charted: the group follows from the names.
                if (event.signal == Signal::symptoms) {
                    const auto group = gravest(static_cast<std::uint32_t>(event.value));
                    accept(Signal::symptom, static_cast<double>(group), event);
                }
            } else {
                patient_.reject(event.signal, event.validity, now_);
            }
            SignalMask changed = mask(event.signal);
            if (event.signal == Signal::symptoms) changed |= mask(Signal::symptom);
            evaluation_.evaluate(pack_, patient_, now_, changed, on_change);
        }
        advance(Instant{case_.until.count()});
        return std::move(seen_);
    }

private:
    void accept(Signal signal, double value, const CaseEvent& event)
    {
        patient_.accept(signal, value, Instant{event.observed.count()}, now_, no_source);
    }

    // Everything that is due up to `to`, each at its own instant.
    void advance(Instant to)
    {
        for (;;) {
            Instant next = evaluation_.next_due();
            for (std::size_t r = 0; r < conditions_.size(); ++r) {
                // One that is due already waits for a known answer, not for time.
                const auto due = deadline(policy(r), conditions_[r]);
                if (due && *due > now_) next = std::min(next, *due);
            }
            if (next > to) break;
            now_ = std::max(now_, next);
            evaluation_.evaluate_due(pack_, patient_, now_, [this](std::size_t rule, const RuleTruth& truth) {
                change(rule, truth, now_);
            });
            for (std::size_t r = 0; r < conditions_.size(); ++r) {
                if (deadline(policy(r), conditions_[r])) change(r, evaluation_.truth(r), now_);
            }
        }
        now_ = std::max(now_, to);
    }

    [[nodiscard]] ConditionPolicy policy(std::size_t r) const
    {
        return {pack_.rules[r].hold, pack_.rules[r].clear_hold};
    }

    void change(std::size_t r, const RuleTruth& truth, Instant now)
    {
        const ConditionEvent event = magwatch::advance(policy(r), conditions_[r], truth, now);
        if (event == ConditionEvent::none) return;
        seen_.push_back({pack_.rules[r].id, event == ConditionEvent::became_active, Duration{now.ms}});
    }

    const Pack& pack_;
    const RuleCase& case_;
    PatientState patient_;
    Evaluation evaluation_;
    std::vector<ConditionState> conditions_; // as pack_.rules
    std::vector<CaseTransition> seen_;
    Instant now_;
};

std::string text_of(const CaseTransition& transition)
{
    return transition.rule + (transition.raised ? " raised at " : " cleared at ") + length_text(transition.at);
}

CaseResult judge(const Pack& pack, const RuleCase& one)
{
    CaseResult result{one.title, one.file, one.line, false, {}, {}, one.rules, one.expected};
    for (const CaseTransition& transition : run_case(pack, one)) {
        if (std::find(one.rules.begin(), one.rules.end(), transition.rule) != one.rules.end()) {
            result.seen.push_back(transition);
        }
    }
    std::vector<CaseTransition> unexpected = result.seen;
    for (const CaseTransition& expected : one.expected) {
        const auto found = std::find(unexpected.begin(), unexpected.end(), expected);
        if (found == unexpected.end()) {
            result.differences.push_back("expected, but not seen: " + text_of(expected));
        } else {
            unexpected.erase(found);
        }
    }
    for (const CaseTransition& transition : unexpected) {
        result.differences.push_back("seen, but not expected: " + text_of(transition));
    }
    result.passed = result.differences.empty();
    return result;
}

} // namespace

std::vector<CaseTransition> run_case(const Pack& pack, const RuleCase& one) { return CaseRun{pack, one}.run(); }

bool PackTest::passed() const
{
    return errors.empty() && untested.empty() &&
           std::all_of(cases.begin(), cases.end(), [](const CaseResult& one) { return one.passed; });
}

PackCheck check_pack(std::string_view text, std::string_view file, const PackLibrary* library)
{
    CompiledPack compiled = compile_pack(text, file, {}, library);
    return {std::move(compiled.errors), std::move(compiled.pack)};
}

namespace {

// The texts a pack and its cases are made from.
struct Texts {
    std::string_view pack, pack_file, tests, test_file;
};

std::vector<RuleCase> cases_of(const Texts& texts, const Pack& pack, std::vector<Diagnostic>& errors)
{
    std::vector<RuleCase> cases = read_cases(texts.pack, texts.pack_file, pack, errors);
    if (texts.tests.empty()) return cases;
    for (RuleCase& one : read_cases(texts.tests, texts.test_file, pack, errors)) cases.push_back(std::move(one));
    return cases;
}

// Leaves of the case what it says about rules that behave in `pack` as in `theirs`; false: nothing.
bool narrow(RuleCase& one, const PackOutline& pack, const PackOutline& theirs)
{
    std::erase_if(one.rules, [&](const std::string& rule) { return !same_behaviour(pack, theirs, rule); });
    std::erase_if(one.expected, [&](const CaseTransition& expected) {
        return std::find(one.rules.begin(), one.rules.end(), expected.rule) == one.rules.end();
    });
    const bool limits_known = std::all_of(one.limits.begin(), one.limits.end(), [&](const LimitOverride& limit) {
        return pack.limit(limit.name) != nullptr;
    });
    return !one.rules.empty() && limits_known;
}

void add_inherited(const Pack& pack, const PackLibrary& library, PackTest& result, std::vector<RuleCase>& cases)
{
    const auto& lineage = pack.outline.lineage;
    for (std::size_t i = 1; i < lineage.size(); ++i) {
        const auto source = library.find(lineage[i]);
        if (!source) continue; // an effective text, tested away from what it was made from
        const CompiledPack compiled = compile_pack(source->text, source->file, {}, &library);
        result.errors.insert(result.errors.end(), compiled.errors.begin(), compiled.errors.end());
        if (!compiled.pack) continue;
        const Texts texts{source->text, source->file, source->test_text, source->test_file};
        for (RuleCase& one : cases_of(texts, *compiled.pack, result.errors)) {
            if (narrow(one, pack.outline, compiled.pack->outline)) cases.push_back(std::move(one));
        }
    }
}

void find_untested(const Pack& pack, const std::vector<RuleCase>& cases, PackTest& result)
{
    for (const Rule& rule : pack.rules) {
        RuleCoverage& coverage = result.coverage.emplace_back();
        coverage.rule = rule.id;
        for (std::size_t i = 0; i < cases.size(); ++i) {
            const auto& judged = cases[i].rules;
            if (std::find(judged.begin(), judged.end(), rule.id) == judged.end()) continue;
            const auto& seen = result.cases[i].seen;
            const bool here = std::any_of(seen.begin(), seen.end(), [&](const CaseTransition& transition) {
                return transition.rule == rule.id; // which begins by being raised
            });
            ++(here ? coverage.raised : coverage.quiet);
        }
        if (coverage.raised == 0) result.untested.push_back(rule.id + ": no case raises it");
        if (coverage.quiet == 0) result.untested.push_back(rule.id + ": no near miss, a case in which it stays quiet");
    }
}

} // namespace

PackTest test_pack(std::string_view pack_text, std::string_view test_text, std::string_view pack_file,
                   std::string_view test_file, const PackLibrary* library)
{
    PackTest result;
    const CompiledPack compiled = compile_pack(pack_text, pack_file, {}, library);
    if (!compiled.pack) {
        result.errors = compiled.errors;
        return result;
    }
    std::vector<RuleCase> cases =
        cases_of({pack_text, pack_file, test_text, test_file}, *compiled.pack, result.errors);
    if (library) add_inherited(*compiled.pack, *library, result, cases);
    std::size_t samples = 0;
    for (const RuleCase& one : cases) samples += one.events.size();
    if (samples > samples_max) {
        result.errors.push_back({std::string{test_file}, 0, 0,
                                 "the cases have " + std::to_string(samples) + " samples and entries: at most " +
                                     std::to_string(samples_max) + " in all",
                                 ""});
    }
    if (!result.errors.empty()) return result;
    for (const RuleCase& one : cases) {
        if (one.limits.empty()) {
            result.cases.push_back(judge(*compiled.pack, one));
            continue;
        }
        const CompiledPack other = compile_pack(pack_text, pack_file, one.limits, library);
        if (other.pack) {
            result.cases.push_back(judge(*other.pack, one));
        } else {
            CaseResult failed{one.title, one.file, one.line, false, {}, {}, one.rules, one.expected};
            for (const Diagnostic& error : other.errors) failed.differences.push_back(error.text());
            result.cases.push_back(std::move(failed));
        }
    }
    find_untested(*compiled.pack, cases, result);
    return result;
}

} // namespace magwatch
