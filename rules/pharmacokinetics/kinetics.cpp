#include "rules/pharmacokinetics/kinetics.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
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

double Kinetics::concentration(const Course& course, Instant at) const
{
    double above = 0;
    for (const Course::Piece& piece : course.pieces()) {
        if (piece.from >= at) break;
        const double rate = piece.grams_per_hour * mmol_per_gram_heptahydrate;
        const Instant until = std::min(piece.until, at);
        const double length = hours(until - piece.from), since = hours(at - until);
        for (const Term& term : terms_)
            above -= rate * term.size / term.decay * std::exp(-term.decay * since) * std::expm1(-term.decay * length);
    }
    for (const Course::Intramuscular& dose : course.intramuscular_doses()) {
        if (dose.at >= at) break;
        const double arrives = dose.grams * mmol_per_gram_heptahydrate * body_.bioavailability * body_.absorption;
        for (const Term& term : terms_)
            above += arrives * term.size * difference(term.decay, body_.absorption, hours(at - dose.at));
    }
    return body_.base + above;
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
