// The ward PC under virtual time: the real ward, the journal's real records on a simulated disk, and between them what
// the daemon's loop promises: a page waits 200 ms for the disk at most, an answer 2 s, and a restart goes on from the
// newest snapshot and the inputs after it.
//
// The machine keeps books: what was decided must stand on the disk, in its order, and a recovery must decide the same
// again, byte for byte (invariant I8). One thread.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/ward_loop/record.hpp"
#include "rules/ward/ward.hpp"
#include "tools/box/disk.hpp"

namespace magwatch::box {

struct MachinePorts {
    std::function<void(const Moment&, const Input&, const EffectBuffer&)> stepped; // after every step
    std::function<void(const Moment&, const SendPage&)> page;                      // it leaves now
    std::function<void(const Reply&, bool stored)> reply;
    std::function<void(const Moment&, const char* invariant, std::string)> broken; // of the books
};

// Of an effect's bytes: equal effects have equal ones, with every compiler and on every machine.
[[nodiscard]] std::uint64_t hash_of(const Effect& effect);

class Machine {
public:
    Machine(std::uint64_t seed, double slow, MachinePorts ports) : disk_{seed, slow}, ports_{std::move(ports)} {}

    // Starts, the first time or after it died: reads the disk, then steps Started.
    void start(const Moment& now);
    void die(const Moment& now, bool power);
    [[nodiscard]] bool alive() const { return ward_.has_value(); }
    [[nodiscard]] const Ward& ward() const { return *ward_; }

    void take(const Moment& now, const Input& input);
    // What is due by itself: deadlines of the ward, commits, pages that waited long enough.
    void run(const Moment& now);
    [[nodiscard]] Instant next() const;

    void fill_disk(Instant until) { full_until_ = until; }
    // What was decided before was on the disk when the machine died; what was decided later may be gone.
    [[nodiscard]] Instant lost_after() const { return lost_after_; }
    // Inputs that were taken so far, and whether the disk has as many.
    [[nodiscard]] std::uint64_t taken() const { return kept_; }
    [[nodiscard]] std::uint64_t durable() const { return durable_up_to_; }
    [[nodiscard]] bool stored(std::uint64_t inputs) const { return durable_up_to_ >= inputs; }
    [[nodiscard]] std::size_t waiting() const { return gates_.size(); }
    [[nodiscard]] std::uint64_t starts() const { return incarnation_; }
    // At the end: all that was decided is on the disk.
    void close(const Moment& now);

private:
    struct Gate { // what waits for its decision to be on the disk
        std::uint64_t up_to;
        Instant decided;
        EffectBuffer effects;
    };
    struct Told { // an effect that the journal must hold
        std::uint64_t up_to;
        std::uint64_t hash;
    };

    void kick(const Moment& now);
    [[nodiscard]] Instant deadline() const;
    [[nodiscard]] Row gathered();
    void land(const Moment& now);
    void open_gates(const Moment& now);
    void recover(const Moment& now);
    void check_row(const Moment& now, const Row& row);

    Disk disk_;
    MachinePorts ports_;
    std::optional<Ward> ward_;
    mutable std::optional<Instant> due_; // its next deadline, once somebody asked
    EffectBuffer effects_;
    RecordWriter writer_;
    std::uint64_t kept_ = 0; // inputs that went to the writer
    Instant since_{};        // the first of them
    Moment newest_;
    bool urgent_ = false;
    std::optional<Row> flying_;
    std::optional<SavedWard> saving_;
    Instant lands_{}, full_until_{}, flew_{}, saved_{};
    Moment durable_;  // the newest input that is on the disk
    Instant lost_after_{};
    std::uint64_t durable_up_to_ = 0, confirmed_ = 0; // somebody was told "stored" of inputs up to it
    std::deque<Gate> gates_;
    std::deque<Told> told_;
    bool fault_told_ = false;
    std::uint32_t incarnation_ = 0;
};

} // namespace magwatch::box
