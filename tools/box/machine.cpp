#include "tools/box/machine.hpp"

#include <algorithm>

#include "rules/base/assert.hpp"
#include "rules/base/fnv.hpp"

namespace magwatch::box {
namespace {

using namespace std::chrono_literals;

constexpr Duration page_waits = 200ms;  // WardLoopLimits
constexpr Duration answer_waits = 2s;   // WardLoopLimits
constexpr Duration commit_delay = 1s;   // JournalOptions: of what nobody waits for
constexpr Duration storage_fails = 3s;  // a commit that takes longer is told as a fault
constexpr Duration snapshot_every = 30min; // rarer than the daemon's: a longer tail is the harder test

bool is_recorded(const Effect& effect)
{
    return !std::holds_alternative<Publish>(effect) && !std::holds_alternative<Reply>(effect);
}

bool is_urgent(const Input& input)
{
    return !(std::holds_alternative<Tick>(input) || std::holds_alternative<Observation>(input) ||
             std::holds_alternative<RefusedValue>(input) || std::holds_alternative<DeviceStatus>(input));
}

bool is_sent_again(const Effect& effect)
{
    const auto* sent = std::get_if<SendPage>(&effect);
    return sent != nullptr && sent->page.attempt > 1;
}

Duration patience(const Effect& effect)
{
    return std::holds_alternative<Reply>(effect) || is_sent_again(effect) ? answer_waits : page_waits;
}

} // namespace

void Machine::start(const Moment& now)
{
    MAGWATCH_ASSERT(!ward_);
    recover(now);
    Started started;
    started.incarnation = ++incarnation_;
    started.boot_id = "box";
    // The last sign of life is the newest record that is on the disk.
    if (incarnation_ > 1) started.unwatched = now.steady - durable_.steady;
    lost_after_ = durable_.steady;
    newest_ = durable_ = {std::max(durable_.steady, ward_->last_instant()), now.wall};
    saved_ = now.steady;
    take(now, started);
}

void Machine::die(const Moment&, bool power)
{
    if (flying_) disk_.tear(std::move(*flying_), power);
    flying_.reset();
    saving_.reset();
    (void)writer_.take();
    gates_.clear();
    ward_.reset();
    urgent_ = fault_told_ = false;
}

void Machine::recover(const Moment& now)
{
    disk_.drop_torn();
    ward_.emplace();
    std::uint64_t after = 0;
    if (const SavedWard* saved = disk_.newest()) {
        const Bytes packed = pack_bytes(as_text(saved->state));
        const auto state = unpack_bytes(as_text(packed));
        MAGWATCH_ASSERT(state);
        auto loaded = Ward::load(as_text(*state));
        MAGWATCH_ASSERT(loaded);
        ward_ = std::move(*loaded);
        after = saved->up_to;
    }
    durable_up_to_ = after;
    RecordReader reader;
    EffectBuffer decided;
    std::size_t compared = 0;
    for (const Row& row : disk_.rows()) {
        durable_up_to_ = std::max(durable_up_to_, row.up_to);
        durable_ = std::max(durable_, row.last, [](const Moment& a, const Moment& b) { return a.steady < b.steady; });
        if (row.up_to <= after) continue;
        const auto records = Disk::unpack(row);
        MAGWATCH_ASSERT(records);
        const auto step = [&](const Moment& at, const Input& input) {
            effects_.clear();
            ward_->step(at, input, effects_);
            std::erase_if(effects_, [](const Effect& effect) { return !is_recorded(effect); });
            if (compared != decided.size())
                ports_.broken(now, "I8", "a recovery decided what the journal does not hold");
            decided = effects_;
            compared = 0;
        };
        const auto compare = [&](const Effect& effect) {
            if (compared >= decided.size() || to_bytes(decided[compared]) != to_bytes(effect))
                ports_.broken(now, "I8", "a recovery decides otherwise than the journal says");
            ++compared;
        };
        for (const std::string_view record : *records) {
            if (!reader.read(record, step, compare)) ports_.broken(now, "I8", "a record cannot be read");
        }
    }
    // What was decided and is not on the disk is gone with the machine, and decided anew.
    while (!told_.empty() && told_.back().up_to > durable_up_to_) told_.pop_back();
    kept_ = durable_up_to_;
    if (durable_up_to_ < confirmed_) ports_.broken(now, "I8", "what was confirmed as stored is not on the disk");
}

std::uint64_t hash_of(const Effect& effect)
{
    Fnv1a hash;
    hash.add(as_text(to_bytes(effect)));
    return hash.value();
}

void Machine::take(const Moment& now, const Input& input)
{
    effects_.clear();
    ward_->step(now, input, effects_);
    due_.reset();
    ports_.stepped(now, input, effects_);
    const bool decided = std::any_of(effects_.begin(), effects_.end(), is_recorded);
    const bool kept = decided || !std::holds_alternative<Tick>(input);
    if (kept) {
        if (writer_.empty()) since_ = now.steady;
        ++kept_;
        writer_.add(now, input);
        newest_ = now;
        urgent_ = urgent_ || decided || is_urgent(input);
    }
    Gate gate{kept_, now.steady, {}};
    for (auto& effect : effects_) {
        if (is_recorded(effect)) {
            writer_.add(effect);
            told_.push_back({kept_, hash_of(effect)});
        }
        if (std::holds_alternative<SendPage>(effect) || std::holds_alternative<Reply>(effect))
            gate.effects.push_back(std::move(effect));
    }
    if (!gate.effects.empty()) gates_.push_back(std::move(gate));
    kick(now);
}

void Machine::kick(const Moment& now)
{
    if (flying_ || writer_.empty()) return;
    const bool save = now.steady - saved_ >= snapshot_every;
    if (!urgent_ && !save && now.steady - since_ < commit_delay) return;
    flying_ = gathered();
    if (save) { // it covers exactly what this commit brings to the disk
        saving_ = SavedWard{ward_->save(), kept_, now};
        saved_ = now.steady;
    }
    urgent_ = false;
    flew_ = now.steady;
    lands_ = std::max(now.steady + disk_.commit_takes(), full_until_);
}

Row Machine::gathered()
{
    Records records;
    for (const Bytes& record : writer_.take()) records.push_back(record);
    return Disk::pack(records, kept_, newest_);
}

void Machine::land(const Moment& now)
{
    durable_up_to_ = flying_->up_to;
    durable_ = flying_->last;
    disk_.store(std::move(*flying_));
    flying_.reset();
    if (saving_) disk_.store(std::move(*saving_), [&](const Row& row) { check_row(now, row); });
    saving_.reset();
}

// The books against a row: each effect that was decided, in its order, and nothing else.
void Machine::check_row(const Moment& now, const Row& row)
{
    const auto records = Disk::unpack(row);
    if (!records) return ports_.broken(now, "I8", "a row that was written cannot be read");
    RecordReader reader;
    const auto compare = [&](const Effect& effect) {
        if (told_.empty() || told_.front().hash != hash_of(effect))
            ports_.broken(now, "I8", "the journal holds another effect than was decided");
        if (!told_.empty()) told_.pop_front();
    };
    for (const std::string_view record : *records) {
        if (!reader.read(record, [](const Moment&, const Input&) {}, compare))
            ports_.broken(now, "I8", "a record cannot be read");
    }
    if (!told_.empty() && told_.front().up_to <= row.up_to)
        ports_.broken(now, "I8", "the journal does not hold what was decided");
}

void Machine::open_gates(const Moment& now)
{
    if (gates_.empty()) return;
    std::deque<Gate> closed;
    while (!gates_.empty()) {
        Gate gate = std::move(gates_.front());
        gates_.pop_front();
        const bool durable = gate.up_to <= durable_up_to_;
        Gate rest{gate.up_to, gate.decided, {}};
        for (auto& effect : gate.effects) {
            if (!durable && now.steady - gate.decided < patience(effect)) {
                rest.effects.push_back(std::move(effect));
            } else if (const auto* sent = std::get_if<SendPage>(&effect)) {
                if (durable || !is_sent_again(effect)) ports_.page(now, *sent);
            } else if (const auto* reply = std::get_if<Reply>(&effect)) {
                if (durable) confirmed_ = std::max(confirmed_, gate.up_to);
                ports_.reply(*reply, durable || !reply->accepted);
            }
        }
        if (!rest.effects.empty()) closed.push_back(std::move(rest));
    }
    gates_ = std::move(closed);
}

void Machine::run(const Moment& now)
{
    if (flying_ && lands_ <= now.steady) land(now);
    open_gates(now);
    const bool fails = flying_ && now.steady - flew_ >= storage_fails;
    if (fails != fault_told_) {
        fault_told_ = fails;
        take(now, ShellStatus{ShellFault::journal, fails, ""});
    }
    if (deadline() <= now.steady) take(now, Tick{});
    kick(now);
}

// Asked for at every instant, and moved by inputs alone.
Instant Machine::deadline() const
{
    if (!due_) due_ = ward_->next_deadline().value_or(Instant::never());
    return *due_;
}

Instant Machine::next() const
{
    Instant at = deadline();
    if (flying_) at = std::min({at, lands_, fault_told_ ? lands_ : flew_ + storage_fails});
    else if (!writer_.empty()) at = std::min(at, since_ + commit_delay);
    for (const Gate& gate : gates_) {
        for (const Effect& effect : gate.effects) at = std::min(at, gate.decided + patience(effect));
    }
    return at;
}

void Machine::close(const Moment& now)
{
    if (flying_) land(now);
    if (!writer_.empty()) disk_.store(gathered());
    for (const Row& row : disk_.rows()) check_row(now, row);
    if (!told_.empty()) ports_.broken(now, "I8", "the journal does not hold what was decided");
}

} // namespace magwatch::box
