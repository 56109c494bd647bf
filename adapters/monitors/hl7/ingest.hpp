// From a received message to the sink, and to the answer its sender gets. All of the server but the
// sockets.
//
// One thread. Nothing here blocks or waits: the caller commits before it sends a positive answer.
// For each source it keeps the clock offset, the messages answered before, and what it was last
// said to be. What leads to a RefusedValue, an observation or neither is said in apply().
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/monitors/adapter.hpp"
#include "adapters/monitors/hl7/ack.hpp"
#include "adapters/monitors/hl7/bed.hpp"
#include "adapters/monitors/hl7/clock_offset.hpp"
#include "adapters/monitors/hl7/decode.hpp"
#include "adapters/monitors/hl7/duplicates.hpp"
#include "adapters/monitors/hl7/message.hpp"
#include "adapters/monitors/hl7/profile.hpp"

namespace magwatch::adapters::hl7
{

// Urine entries of one source that are remembered, so that none counts twice.
inline constexpr std::size_t volumes_kept = 4096;
// Results of one source of which it is remembered when they were sent.
inline constexpr std::size_t results_kept = 4096;
inline constexpr std::size_t refusal_count = static_cast<std::size_t>(Refusal::quality) + 1;
enum class AckCode : std::uint8_t { aa, ae, ar, ca, ce, cr };
inline constexpr std::size_t ack_code_count = 6;
[[nodiscard]] std::string_view name(AckCode code); // "AA"

// Since the start; never decreasing, but for `open_connections`. Read on the server's thread.
struct Hl7Counters {
    std::uint64_t connections = 0;
    std::uint64_t connections_not_allowed = 0; // from an address that may not connect
    std::uint64_t connections_refused = 0;     // too many
    std::uint64_t connections_evicted = 0;     // silent ones that made room for another
    std::uint64_t open_connections = 0;
    std::uint64_t timeouts = 0;   // a frame that did not end in time, an answer that was not taken
    std::uint64_t messages = 0;   // whole frames that hold a message, duplicates too
    std::uint64_t duplicates = 0; // answered as before, not applied
    std::uint64_t control_ids_reused = 0; // for another content: applied
    std::uint64_t test_messages = 0;      // MSH-11 T or D
    std::uint64_t unknown_senders = 0;
    std::uint64_t parse_faults = 0; // frames that hold no readable message
    std::uint64_t answers_not_wanted = 0;
    std::uint64_t commit_failures = 0; // messages not stored, and told so to their senders
    std::uint64_t frames_oversized = 0, frames_restarted = 0, frames_missing_end = 0,
                  noise_bytes = 0;
    std::uint64_t codes_misspelt = 0, codes_renumbered = 0;
    std::uint64_t not_utf8 = 0; // messages whose bytes are not UTF-8: read as Latin-1
    std::uint64_t observations = 0;
    std::array<std::uint64_t, refusal_count> refused{}; // values, by reason
    std::array<std::uint64_t, ack_code_count> acks{};
};

// One message taken in, waiting for the commit.
struct Taken {
    std::string_view payload; // as long as the receive buffer stands
    Acknowledgement answer;
    bool answer_wanted = true; // false: an acknowledgement itself
    bool commit_first = false; // the answer is positive: what was pushed must be on disk
    SourceId source = no_source;
};

class Ingest
{
public:
    Ingest(Hl7Config config, ObservationSink& sink);
    // Sources that stay keep their clock and their memory.
    void reconfigure(Hl7Config config);
    [[nodiscard]] const Hl7Config& config() const { return config_; }

    // Takes every message of a frame: pushes what it says and appends one Taken each.
    void take(std::string_view payload, std::string_view address, WallTime now,
              std::vector<Taken>& taken);
    // A frame longer than the limit; its first bytes tell whom to answer.
    void take_oversized(std::string_view payload, std::vector<Taken>& taken);
    // Appends the answers to `out`, in order. `stored`: the commit succeeded.
    void answer(const std::vector<Taken>& taken, bool stored, WallTime now, std::string& out);

    // A message that was taken in an earlier life: its repetition is answered, not applied.
    void remember(const MessageSeen& message, WallTime now);

    // Says that each source is (not yet) connected: at start and after a new configuration.
    void announce();
    // Says of each source that fell silent for a minute with no session open that it is gone.
    // `is_open` tells whether a session of the source is open.
    template <class IsOpen>
    void look_for_silence(std::chrono::steady_clock::time_point now, IsOpen&& is_open)
    {
        for (const auto& source : sources_) {
            const bool silent =
                source->connected && now - source->last_message > std::chrono::minutes{1};
            if (silent && !is_open(source->profile().source)) say_status(*source, false);
        }
    }

    [[nodiscard]] Hl7Counters& counters() { return counters_; }

private:
    struct Source {
        Source(SourceProfile profile, const Hl7Config& config);
        [[nodiscard]] const SourceProfile& profile() const { return decoder.profile(); }
        Decoder decoder;
        std::optional<BedPattern> bed_pattern;
        BedTable beds;
        DuplicateMemory duplicates;
        ClockOffset clock;
        bool connected = false;
        std::chrono::steady_clock::time_point last_message;
        std::set<std::string, std::less<>> unknown_codes; // told once each, bounded
        DuplicateMemory volumes{volumes_kept};            // urine entries taken
        // Of each result, by bed, signal and time: when the newest word on it was sent. Not over a restart.
        std::map<std::uint64_t, WallTime> results;
        std::deque<std::uint64_t> results_known; // in the order in which they came
    };
    // The patient of the message that is being applied.
    struct Context {
        [[nodiscard]] bool takes_test_data() const
        {
            return source.profile().accept_test_data || (bed && bed->test_mode);
        }
        Source& source;
        WallTime now;
        std::optional<BedTable::Found> bed = std::nullopt;
        SignalMask good = 0; // signals with an accepted value
    };

    [[nodiscard]] Source* source_of(const Message& message, std::string_view address);
    void take_message(std::string_view address, WallTime now, Taken& taken);
    [[nodiscard]] Acknowledgement check_header() const;
    void apply(Source& source, WallTime now);
    void apply_row(Context& context, const ObxResult& row);
    [[nodiscard]] std::optional<Refusal> judge(Context& context, const ObxResult& row,
                                               WallTime& observed);
    [[nodiscard]] bool is_late(const Context& context, const ObxResult& row,
                               WallTime observed) const;
    // Whether the sender has said something newer of this very result.
    [[nodiscard]] bool is_overtaken(Context& context, const ObxResult& row);
    [[nodiscard]] bool is_repeated_volume(Context& context, const ObxResult& row);
    void refuse(Context& context, const ObxResult& row, Refusal reason);
    void say_status(Source& source, bool connected);

    Hl7Config config_;
    ObservationSink& sink_;
    std::vector<std::unique_ptr<Source>> sources_;
    Message message_; // used again for every message
    Decoded decoded_;
    bool told_unknown_bed_ = false; // of the message being applied
    Hl7Counters counters_;
    std::string id_prefix_;
    std::uint64_t next_id_ = 0;
    std::string time_text_;
    WallTime time_of_text_{-1};
};

} // namespace magwatch::adapters::hl7
