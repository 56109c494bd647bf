// The closed form against an integrator, and the laws of a linear system.
#include <cmath>
#include <random>

#include "rules/patient/salt.hpp"
#include "tests/unit/pharmacokinetics/courses.hpp"

using namespace magwatch;
using namespace magwatch::testing_courses;

namespace {

constexpr Disposition one_compartment{4.81, 15.6, 0, 0, 0.856, 0.317, 0.862};
constexpr Disposition two_compartments{5.0, 24, 25, 5.6, 0.80, 0.317, 0.862};
// Absorption as fast as elimination: the closed form divides by their difference.
constexpr Disposition flip_flop{0.317 * 20, 20, 0, 0, 0.8, 0.317, 1};
constexpr Disposition extreme{0.5, 8, 90, 30, 0.9, 2, 1};

// Runge-Kutta 4 over the differential equations of clinical.md 7.2, with steps that end at every change of the rate.
class Integrator
{
public:
    Integrator(const Disposition& body, const Course& course) : b_{body}, course_{course} {}

    double at(double hours)
    {
        std::vector<double> corners{0, hours};
        const auto corner = [&](Instant t) {
            const double h = static_cast<double>(t.ms) / 3.6e6;
            if (h > 0 && h < hours) corners.push_back(h);
        };
        for (const auto& piece : course_.pieces()) {
            corner(piece.from);
            if (piece.until != Instant::never()) corner(piece.until);
        }
        for (const auto& dose : course_.intramuscular_doses()) corner(dose.at);
        std::sort(corners.begin(), corners.end());
        state_ = {};
        for (std::size_t i = 0; i < corners.size(); ++i) {
            for (const auto& dose : course_.intramuscular_doses()) {
                if (static_cast<double>(dose.at.ms) / 3.6e6 == corners[i])
                    state_[2] += dose.grams * mmol_per_gram_heptahydrate * b_.bioavailability;
            }
            if (i + 1 < corners.size()) run(corners[i], corners[i + 1]);
        }
        return b_.base + state_[0] / b_.central;
    }

private:
    using State = std::array<double, 3>; // central, peripheral, muscle; mmol

    [[nodiscard]] State slope(const State& s, double rate) const
    {
        const double k12 = b_.exchange / b_.central, k21 = b_.exchange > 0 ? b_.exchange / b_.peripheral : 0;
        const double absorbed = b_.absorption * s[2], exchanged = k12 * s[0] - k21 * s[1];
        return {rate + absorbed - b_.clearance / b_.central * s[0] - exchanged, exchanged, -absorbed};
    }
    void run(double from, double until)
    {
        double rate = 0;
        const double middle_ms = (from + until) / 2 * 3.6e6;
        for (const auto& piece : course_.pieces()) {
            if (static_cast<double>(piece.from.ms) < middle_ms && static_cast<double>(piece.until.ms) > middle_ms)
                rate = piece.grams_per_hour * mmol_per_gram_heptahydrate;
        }
        const int steps = std::max(200, static_cast<int>((until - from) * 400));
        const double h = (until - from) / steps;
        const auto along = [](const State& s, const State& k, double d) {
            return State{s[0] + k[0] * d, s[1] + k[1] * d, s[2] + k[2] * d};
        };
        for (int i = 0; i < steps; ++i) {
            const State a = slope(state_, rate), b = slope(along(state_, a, h / 2), rate);
            const State c = slope(along(state_, b, h / 2), rate), d = slope(along(state_, c, h), rate);
            for (std::size_t j = 0; j < 3; ++j) state_[j] += h / 6 * (a[j] + 2 * b[j] + 2 * c[j] + d[j]);
        }
    }

    Disposition b_;
    const Course& course_;
    State state_{};
};

Course busy_course()
{
    Course course;
    EXPECT_TRUE(course.bolus(at(0s), 4, 15min));
    EXPECT_TRUE(course.rate(at(15min), 1));
    EXPECT_TRUE(course.intramuscular(at(1h), 10));
    EXPECT_TRUE(course.bolus(at(3h), 2, 5min));
    EXPECT_TRUE(course.rate(at(4h), 2.25));
    EXPECT_TRUE(course.intramuscular(at(5h), 5));
    course.stop(at(9h));
    EXPECT_TRUE(course.rate(at(11h), 0.5));
    return course;
}

Course random_course(std::mt19937& chance)
{
    const auto uniform = [&](double from, double to) { return std::uniform_real_distribution<>{from, to}(chance); };
    Course course;
    for (int i = 0; i < 6; ++i) {
        const Instant t = at_hours(uniform(0, 12));
        switch (chance() % 4) {
        case 0: EXPECT_TRUE(course.rate(t, uniform(0, 3))); break;
        case 1: EXPECT_TRUE(course.bolus(t, uniform(0.5, 6), Duration{static_cast<int>(uniform(3e5, 36e5))})); break;
        case 2: EXPECT_TRUE(course.intramuscular(t, uniform(1, 10))); break;
        default: course.stop(t);
        }
    }
    return course;
}

} // namespace

TEST(Kinetics, TheClosedFormAgreesWithAnIntegrator)
{
    double worst = 0;
    for (const Disposition& body : {one_compartment, two_compartments, flip_flop, extreme}) {
        for (const Course& course : {busy_course(), regimen(6, 30min, 2), regimen(1, 60min, 0)}) {
            for (const double hours : {0.1, 0.25, 0.5, 1.0, 2.5, 4.0, 6.0, 10.0, 24.0}) {
                const double closed = Kinetics{body}.concentration(course, at_hours(hours));
                const double stepped = Integrator{body, course}.at(hours);
                worst = std::max(worst, std::fabs(closed - stepped));
                EXPECT_NEAR(closed, stepped, 1e-6) << hours;
            }
        }
    }
    std::printf("closed form against Runge-Kutta: largest difference %.1e mmol/L\n", worst);
}

TEST(Kinetics, RandomCoursesToo)
{
    std::mt19937 chance{20260301};
    for (int i = 0; i < 40; ++i) {
        const Course course = random_course(chance);
        const double hours = std::uniform_real_distribution<>{0.1, 30}(chance);
        const Disposition& body = i % 2 == 0 ? one_compartment : two_compartments;
        const Instant t = at_hours(hours);
        Integrator stepped(body, course);
        EXPECT_NEAR(Kinetics{body}.concentration(course, t), stepped.at(static_cast<double>(t.ms) / 3.6e6), 1e-6);
    }
}

TEST(Kinetics, TheWalkAlongTheCourseIsTheSumOverTheDoses)
{
    std::mt19937 chance{11};
    for (int i = 0; i < 100; ++i) {
        const Course course = random_course(chance);
        std::vector<Instant> times{Instant{-1000}, at(0s)};
        for (int t = 0; t < 50; ++t) times.push_back(at_hours(std::uniform_real_distribution<>{0, 30}(chance)));
        for (const auto& piece : course.pieces()) times.push_back(piece.from);
        for (const Disposition& body : {one_compartment, two_compartments, flip_flop, extreme}) {
            const std::vector<double> curve = Kinetics{body}.curve(course, times);
            ASSERT_EQ(curve.size(), times.size());
            for (std::size_t t = 0; t < times.size(); ++t)
                EXPECT_NEAR(curve[t], Kinetics{body}.concentration(course, times[t]), 1e-10);
        }
    }
}

TEST(Kinetics, TwiceTheDoseIsTwiceTheRise)
{
    for (const Disposition& body : {one_compartment, two_compartments}) {
        const Kinetics kinetics{body};
        for (const double hours : {0.2, 1.0, 5.0, 20.0}) {
            const double once = kinetics.concentration(regimen(3, 20min, 1), at_hours(hours)) - body.base;
            const double twice = kinetics.concentration(regimen(6, 20min, 2), at_hours(hours)) - body.base;
            EXPECT_NEAR(twice, 2 * once, 1e-12);
        }
    }
}

TEST(Kinetics, DosesAddUp)
{
    Course load, muscle, later, all;
    for (Course* course : {&load, &all}) ASSERT_TRUE(course->bolus(at(0s), 4, 20min));
    for (Course* course : {&muscle, &all}) ASSERT_TRUE(course->intramuscular(at(30min), 10));
    for (Course* course : {&later, &all}) ASSERT_TRUE(course->rate(at(2h), 1.5));
    for (const Disposition& body : {one_compartment, two_compartments}) {
        const Kinetics kinetics{body};
        for (const double hours : {0.1, 0.6, 2.5, 8.0}) {
            const auto above = [&](const Course& course) { return kinetics.concentration(course, at_hours(hours)) - body.base; };
            EXPECT_NEAR(above(all), above(load) + above(muscle) + above(later), 1e-12);
        }
    }
}

TEST(Kinetics, OneCompartmentIsTwoThatExchangeNothing)
{
    Disposition almost = one_compartment;
    almost.peripheral = 20;
    almost.exchange = 1e-9;
    for (const double hours : {0.1, 1.0, 12.0})
        EXPECT_NEAR(Kinetics{almost}.concentration(busy_course(), at_hours(hours)),
                    Kinetics{one_compartment}.concentration(busy_course(), at_hours(hours)), 1e-7);
}

TEST(Kinetics, MoreIsNeverLess)
{
    std::mt19937 chance{7};
    for (int i = 0; i < 200; ++i) {
        const Course course = random_course(chance);
        Course more = course;
        ASSERT_TRUE(more.intramuscular(at_hours(2), 3));
        for (const double hours : {1.0, 3.0, 9.0, 26.0}) {
            for (const Disposition& body : {one_compartment, two_compartments}) {
                const double value = Kinetics{body}.concentration(course, at_hours(hours));
                EXPECT_GE(value, body.base - 1e-12);
                EXPECT_GE(Kinetics{body}.concentration(more, at_hours(hours)), value);
                Disposition weak = body;
                weak.clearance *= 0.7;
                EXPECT_GE(Kinetics{weak}.concentration(course, at_hours(hours)), value - 1e-12);
            }
        }
    }
}

TEST(Kinetics, HalfLivesAndSteadyStates)
{
    EXPECT_NEAR(Kinetics{one_compartment}.half_life(), 2.25, 0.005);
    EXPECT_NEAR(Kinetics{two_compartments}.half_life(), 8.70, 0.005);
    EXPECT_NEAR((Kinetics{{3.378, 65.3, 0, 0, 0.925, 0, 0}}.half_life()), 13.4, 0.05);
    EXPECT_NEAR(Kinetics{one_compartment}.steady_state(1), 1.699, 0.001);
    EXPECT_NEAR(Kinetics{two_compartments}.steady_state(2), 2.423, 0.001);
}

TEST(Kinetics, NothingGivenIsTheBase)
{
    EXPECT_EQ(Kinetics{two_compartments}.concentration({}, at(5h)), 0.80);
    EXPECT_EQ(Kinetics{two_compartments}.concentration(regimen(4, 20min, 1), Instant{-5000}), 0.80);
    EXPECT_EQ(Kinetics{two_compartments}.concentration(regimen(4, 20min, 1), at(0s)), 0.80);
}
