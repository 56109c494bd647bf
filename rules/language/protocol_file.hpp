// The site's calcium gluconate checklist: a file that a clinical safety lead writes and approves, read into plain
// values. docs/PROTOCOL.md describes it.
//
// Pure. Every dose, volume and minute that staff are shown comes from here and from nowhere else. Durations are
// milliseconds. Mistakes are told all at once, each with its line and column; unknown keys are mistakes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "rules/base/instant.hpp"
#include "rules/observation/signal.hpp"

namespace magwatch {

// Which steps are asked for. Snapshots hold the number; a later one is graver.
enum class ProtocolBranch : std::uint8_t { grade1, grade2, arrest };
inline constexpr std::array protocol_branch_names{std::string_view{"grade1"}, std::string_view{"grade2"},
                                                  std::string_view{"arrest"}};
[[nodiscard]] inline std::string_view name(ProtocolBranch branch)
{
    return protocol_branch_names[static_cast<std::size_t>(branch)];
}

enum class StepKind : std::uint8_t {
    stop,   // the pump: what was said is looked at again after `recheck`
    done,   // one tap
    give,   // a dose: started, timed, given; then perhaps again
    check,  // again every `every`
    sample, // taken, and a result is waited for
    decide, // the senior decision, in words
};
inline constexpr std::array step_kind_names{std::string_view{"stop"},  std::string_view{"done"},
                                            std::string_view{"give"},  std::string_view{"check"},
                                            std::string_view{"sample"}, std::string_view{"decide"}};
[[nodiscard]] inline std::string_view name(StepKind kind) { return step_kind_names[static_cast<std::size_t>(kind)]; }

struct ProtocolStep {
    std::string id;
    StepKind kind{};
    std::string words;  // one command
    std::string button; // what is tapped
    std::array<bool, protocol_branch_names.size()> branches{};
    bool ecg = false;   // it waits for an ECG: in an arrest it stands behind the calcium
    std::string again;  // stop: the question when nobody can see the pump from here
    Duration recheck{}; // stop
    // give, as written
    std::string drug, concentration, dose, volume, over_text;
    Duration over{};
    Duration repeat_after{}; // 0: it is not repeated by this protocol
    std::uint8_t most = 1;   // doses in all
    bool second_check = false;
    Duration every{};        // check
    Duration result_after{}; // sample
    std::string source;
    [[nodiscard]] bool in(ProtocolBranch branch) const { return branches[static_cast<std::size_t>(branch)]; }
};

// The recorded fact that makes a precaution apply.
struct PrecautionFact {
    enum class Kind : std::uint8_t { fact, screening, symptom, bag, by_vein };
    Kind kind{};
    Signal signal{};       // fact
    std::string word;      // screening: the question; symptom: its name; bag: a word in small letters
    std::uint8_t bit = 0;  // symptom
};
struct Precaution {
    std::string id, words, source;
    std::vector<PrecautionFact> when; // any of them
};

struct Protocol {
    std::string id, title, version, approver, approved; // approved: "2026-05-01"
    bool example = false;
    std::string notice;
    std::vector<ProtocolStep> steps; // in the order in which they are shown
    std::vector<Precaution> precautions;
    [[nodiscard]] const ProtocolStep* step(std::string_view id) const;
    // "MG-7 v3, approved 2026-05-01 by Dr A. Lead", or "MG-EXAMPLE v1, EXAMPLE: not approved".
    [[nodiscard]] std::string stamp() const;
};

struct ReadProtocol {
    std::vector<Diagnostic> errors;
    std::shared_ptr<const Protocol> protocol; // null if there is any error
};
[[nodiscard]] ReadProtocol read_protocol(std::string_view text, std::string_view file);

// What keeps a protocol from a mode "ward", in words; "" if nothing does.
[[nodiscard]] std::string why_not_on_a_ward(const Protocol& protocol);

} // namespace magwatch
