#include "rules/pharmacokinetics/kinetics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "rules/base/assert.hpp"
#include "rules/patient/salt.hpp"

namespace magwatch {
namespace {

double hours(Duration d)
{
    return static_cast<double>(d.count()) / 3'600'000.0;
}

// (exp(-a t) - exp(-b t)) / (b - a), also where a and b meet. Symmetric; from the slower one, so that nothing
// grows out of bounds.
double difference(double a, double b, double t)
{
    if (b < a) std::swap(a, b);
    const double x = (b - a) * t;
    const double mean = std::fabs(x) < 1e-12 ? 1 : -std::expm1(-x) / x;
    return t * std::exp(-a * t) * mean;
}

} // namespace

Kinetics::Kinetics(const Disposition& body) : body_{body}
{
    MAGWATCH_ASSERT(body.clearance > 0 && body.central > 0 && body.exchange >= 0);
    const double k10 = body.clearance / body.central;
    if (body.exchange <= 0) {
        terms_[0] = {1 / body.central, k10};
        terms_[1] = {0, 1};
        return;
    }
    MAGWATCH_ASSERT(body.peripheral > 0);
    const double k12 = body.exchange / body.central, k21 = body.exchange / body.peripheral;
    const double sum = k10 + k12 + k21;
    const double fast = (sum + std::sqrt(sum * sum - 4 * k10 * k21)) / 2;
    const double slow = k10 * k21 / fast; // not as the difference, which would lose digits
    terms_[0] = {(fast - k21) / (body.central * (fast - slow)), fast};
    terms_[1] = {(k21 - slow) / (body.central * (fast - slow)), slow};
}

double Kinetics::from_muscle(const Course& course, Instant at) const
{
    double above = 0;
    for (const Course::Intramuscular& dose : course.intramuscular_doses()) {
        if (dose.at >= at) break;
        const double arrives = dose.grams * mmol_per_gram_heptahydrate * body_.bioavailability * body_.absorption;
        for (const Term& term : terms_)
            above += arrives * term.size * difference(term.decay, body_.absorption, hours(at - dose.at));
    }
    return above;
}

double Kinetics::concentration(const Course& course, Instant at) const
{
    double above = from_muscle(course, at);
    for (const Course::Piece& piece : course.pieces()) {
        if (piece.from >= at) break;
        const double rate = piece.grams_per_hour * mmol_per_gram_heptahydrate;
        const Instant until = std::min(piece.until, at);
        const double length = hours(until - piece.from), since = hours(at - until);
        for (const Term& term : terms_)
            above -= rate * term.size / term.decay * std::exp(-term.decay * since) * std::expm1(-term.decay * length);
    }
    return body_.base + above;
}

// What came by vein, carried from one time to the next: each term decays and is fed at a constant rate.
class Kinetics::Walk {
public:
    Walk(const std::array<Term, 2>& terms, std::span<const Course::Piece> pieces) : terms_{terms}, pieces_{pieces}
    {
        if (!pieces.empty()) now_ = pieces.front().from;
    }

    // mmol/L above the base; times never go back.
    double to(Instant at)
    {
        while (next_ < pieces_.size() && pieces_[next_].from < at) {
            const Course::Piece& piece = pieces_[next_];
            pass(piece.from, 0);
            pass(std::min(piece.until, at), piece.grams_per_hour * mmol_per_gram_heptahydrate);
            if (piece.until > at) break;
            ++next_;
        }
        pass(at, 0);
        return in_blood_[0] + in_blood_[1];
    }

private:
    void pass(Instant until, double rate)
    {
        if (until <= now_) return;
        const double length = hours(until - now_);
        for (std::size_t i = 0; i < terms_.size(); ++i) {
            const double gone = -std::expm1(-terms_[i].decay * length);
            in_blood_[i] += (rate * terms_[i].size / terms_[i].decay - in_blood_[i]) * gone;
        }
        now_ = until;
    }

    const std::array<Term, 2>& terms_;
    std::span<const Course::Piece> pieces_;
    std::size_t next_ = 0;
    Instant now_{};
    std::array<double, 2> in_blood_{};
};

std::vector<double> Kinetics::curve(const Course& course, std::span<const Instant> times) const
{
    std::vector<std::size_t> order(times.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return times[a] < times[b]; });
    std::vector<double> values(times.size());
    Walk walk{terms_, course.pieces()};
    for (const std::size_t i : order)
        values[i] = body_.base + walk.to(times[i]) + from_muscle(course, times[i]);
    return values;
}

double Kinetics::steady_state(double grams_per_hour) const
{
    return body_.base + grams_per_hour * mmol_per_gram_heptahydrate / body_.clearance;
}

double Kinetics::half_life() const
{
    const double slow = terms_[1].size > 0 ? std::min(terms_[0].decay, terms_[1].decay) : terms_[0].decay;
    return std::numbers::ln2 / slow;
}

} // namespace magwatch
