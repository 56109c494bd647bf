// Whether inequalities can hold together, against points that satisfy them.
#include <gtest/gtest.h>

#include <random>

#include "rules/language/linear.hpp"

namespace magwatch::language {
namespace {

double value_at(const Inequality& one, const std::vector<double>& point)
{
    double sum = one.constant;
    for (const auto& [variable, factor] : one.factors) sum += factor * point[static_cast<std::size_t>(variable)];
    return sum;
}

// Inequalities that a chosen point satisfies are never called infeasible.
TEST(Linear, ProvesNothingOfWhatAPointSatisfies)
{
    std::mt19937 random{42};
    std::uniform_int_distribution<int> factor{-3, 3}, place{-20, 20}, slack{0, 3};
    for (int run = 0; run < 4000; ++run) {
        std::vector<double> point;
        for (int i = 0; i < 4; ++i) point.push_back(place(random));
        std::vector<Inequality> all;
        for (int i = 0; i < 8; ++i) {
            Inequality one;
            for (int v = 0; v < 4; ++v) {
                if (const int f = factor(random); f != 0) one.factors[v] = f;
            }
            one.strict = slack(random) > 1;
            one.constant = -value_at(one, point) + slack(random) + (one.strict ? 1 : 0);
            all.push_back(one);
        }
        EXPECT_FALSE(infeasible(all)) << "run " << run;
    }
}

// A sum of inequalities that says 0 > 0 is found however it is spread.
TEST(Linear, FindsWhatAddsUpToAContradiction)
{
    std::mt19937 random{7};
    std::uniform_int_distribution<int> factor{-3, 3};
    for (int run = 0; run < 2000; ++run) {
        std::vector<Inequality> all(3);
        Inequality last;
        for (auto& one : all) {
            for (int v = 0; v < 4; ++v) {
                if (const int f = factor(random); f != 0) one.factors[v] = f;
            }
            one.constant = factor(random);
            for (const auto& [v, f] : one.factors) last.factors[v] -= f;
            last.constant -= one.constant;
        }
        std::erase_if(last.factors, [](const auto& one) { return one.second == 0; });
        last.strict = true; // all together: 0 > 0
        all.push_back(last);
        EXPECT_TRUE(infeasible(all)) << "run " << run;
    }
}

TEST(Linear, IsBounded)
{
    std::vector<Inequality> all;
    for (int i = 0; i < 20; ++i) {
        for (int j = 0; j < 20; ++j) {
            if (i != j) all.push_back({{{i, 1.0}, {j, -1.0}}, 1, true});
        }
    }
    EXPECT_FALSE(infeasible(all));
    std::mt19937 random{1};
    std::uniform_real_distribution<double> factor{-1, 1};
    all.clear();
    for (int i = 0; i < 200; ++i) {
        Inequality one;
        for (int v = 0; v < 12; ++v) one.factors[v] = factor(random);
        one.constant = 1000;
        all.push_back(one);
    }
    EXPECT_FALSE(infeasible(all));
}

} // namespace
} // namespace magwatch::language
