#include "rules/pharmacokinetics/course.hpp"

#include <algorithm>

#include "rules/observation/quantity.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;

constexpr double hours_per_ms = 1.0 / 3'600'000.0;
constexpr Duration settles_after_bolus = 30min;
// What nobody declared a bolus though it was one.
constexpr double bolus_above_g_per_h = 3;
constexpr Duration bolus_at_most = 1h;
constexpr std::size_t intramuscular_max = 256;
// What a bolus of the largest dose within the shortest time comes to; no sum of these overflows.
constexpr double rate_max = 500 * 3'600'000.0;

double hours(Duration d)
{
    return static_cast<double>(d.count()) * hours_per_ms;
}

bool good(Signal signal, double value, Unit unit)
{
    return std::holds_alternative<Quantity>(Quantity::checked(signal, value, unit));
}

// A time with room for sums: no ward runs ten thousand years.
bool possible(Instant at)
{
    constexpr std::int64_t far = 315'576'000'000'000;
    return at.ms > -far && at.ms < far;
}

bool is_bolus(const Course::Piece& piece)
{
    if (piece.bolus) return true;
    return piece.until != Instant::never() && piece.grams_per_hour > bolus_above_g_per_h &&
           piece.until - piece.from <= bolus_at_most;
}

} // namespace

// Puts a piece over whatever lies there; a rate of 0 only clears the way.
void Course::lay(Piece piece)
{
    std::vector<Piece> kept;
    kept.reserve(pieces_.size() + 2);
    for (const Piece& old : pieces_) {
        Piece left = old, right = old;
        left.until = std::min(left.until, piece.from);
        right.from = std::max(right.from, piece.until);
        if (left.from < left.until) kept.push_back(left);
        if (right.from < right.until) kept.push_back(right);
    }
    if (piece.grams_per_hour > 0 || piece.assumed) kept.push_back(piece);
    std::sort(kept.begin(), kept.end(), [](const Piece& a, const Piece& b) { return a.from < b.from; });
    pieces_.clear();
    for (const Piece& next : kept) {
        const bool goes_on = !pieces_.empty() && pieces_.back().until == next.from && !next.bolus &&
                             pieces_.back().grams_per_hour == next.grams_per_hour && !pieces_.back().bolus &&
                             pieces_.back().assumed == next.assumed;
        if (goes_on) pieces_.back().until = next.until;
        else pieces_.push_back(next);
    }
    bound();
}

void Course::bound()
{
    while (pieces_.size() > pieces_max) {
        Piece& first = pieces_[0];
        const Piece& second = pieces_[1];
        const double grams = first.grams_per_hour * hours(first.until - first.from) +
                             second.grams_per_hour * hours(second.until - second.from);
        first.until = second.until;
        first.grams_per_hour = grams / hours(first.until - first.from);
        first.bolus = false;
        first.assumed = first.assumed || second.assumed;
        pieces_.erase(pieces_.begin() + 1);
    }
}

// What runs from then on beside the declared boluses, which stay.
void Course::lay_around_boluses(Piece piece)
{
    std::vector<Piece> boluses;
    for (const Piece& old : pieces_) {
        if (old.bolus && old.until > piece.from) boluses.push_back(old);
    }
    lay(piece);
    for (const Piece& bolus : boluses) lay(bolus);
}

bool Course::rate(Instant at, double grams_per_hour, Instant until)
{
    if (!good(Signal::infusion_rate, grams_per_hour, Unit::gram_per_hour)) return false;
    lay_around_boluses({at, until, grams_per_hour, false, false});
    return true;
}

bool Course::pump_rate(Instant at, double grams_per_hour)
{
    if (!good(Signal::infusion_rate, grams_per_hour, Unit::gram_per_hour)) return false;
    lay({at, Instant::never(), grams_per_hour, false, false});
    return true;
}

bool Course::bolus(Instant at, double grams, Duration over)
{
    if (over.count() <= 0 || over > 24h || !good(Signal::bolus_dose, grams, Unit::gram)) return false;
    if (!(grams > 0)) return false;
    lay({at, at + over, grams / hours(over), true, false});
    return true;
}

bool Course::intramuscular(Instant at, double grams)
{
    if (!good(Signal::bolus_dose, grams, Unit::gram) || !(grams > 0)) return false;
    const auto after = std::upper_bound(depots_.begin(), depots_.end(), at,
                                        [](Instant t, const Intramuscular& d) { return t < d.at; });
    depots_.insert(after, {at, grams});
    // So many doses ago nothing of it is left: the oldest one goes.
    if (depots_.size() > intramuscular_max) depots_.erase(depots_.begin());
    return true;
}

void Course::stop(Instant at)
{
    lay({at, Instant::never(), 0, false, false});
}

void Course::unknown_since(Instant at)
{
    // A declared bolus is known to its end; what runs beside it is what follows it.
    double rate = 0;
    Instant until = at;
    for (const Piece& piece : pieces_) {
        if (piece.from > until || piece.until < until) continue;
        if (piece.bolus) {
            until = piece.until;
            rate = 0;
        } else {
            rate = piece.grams_per_hour;
        }
    }
    lay_around_boluses({at, Instant::never(), rate, false, true});
}

std::optional<Instant> Course::first_dose() const
{
    Instant first = Instant::never();
    for (const Piece& piece : pieces_) {
        if (piece.grams_per_hour > 0) first = std::min(first, piece.from);
    }
    for (const Intramuscular& dose : depots_) first = std::min(first, dose.at);
    return first == Instant::never() ? std::nullopt : std::optional{first};
}

std::optional<Instant> Course::incomplete_since() const
{
    for (const Piece& piece : pieces_) {
        if (piece.assumed) return piece.from;
    }
    return std::nullopt;
}

double Course::grams(Instant from, Instant until, bool with_intramuscular) const
{
    double sum = 0;
    for (const Piece& piece : pieces_) {
        const Instant begin = std::max(piece.from, from), end = std::min(piece.until, until);
        if (begin < end) sum += piece.grams_per_hour * hours(end - begin);
    }
    if (!with_intramuscular) return sum;
    for (const Intramuscular& dose : depots_) {
        if (dose.at >= from && dose.at <= until) sum += dose.grams;
    }
    return sum;
}

bool Course::near_bolus(Instant drawn) const
{
    return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
        return is_bolus(piece) && drawn >= piece.from && drawn < piece.until + settles_after_bolus;
    });
}

Course Course::without_assumed() const
{
    Course told = *this;
    std::erase_if(told.pieces_, [](const Piece& piece) { return piece.assumed; });
    return told;
}

bool Course::sound() const
{
    if (pieces_.size() > pieces_max || depots_.size() > intramuscular_max) return false;
    for (std::size_t i = 0; i < pieces_.size(); ++i) {
        const Piece& piece = pieces_[i];
        if (!(piece.grams_per_hour >= 0 && piece.grams_per_hour <= rate_max)) return false;
        if (piece.from >= piece.until || (i > 0 && piece.from < pieces_[i - 1].until)) return false;
        const bool runs_on = piece.until == Instant::never() && !piece.bolus;
        if (!possible(piece.from) || !(runs_on || possible(piece.until))) return false;
    }
    return std::all_of(depots_.begin(), depots_.end(), [](const Intramuscular& dose) {
        return possible(dose.at) && good(Signal::bolus_dose, dose.grams, Unit::gram) && dose.grams > 0;
    });
}

} // namespace magwatch
