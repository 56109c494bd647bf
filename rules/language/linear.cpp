#include "rules/language/linear.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>

namespace magwatch::language {
namespace {

// Sums of rounded numbers are not told apart from 0 below this; limits have far fewer digits.
constexpr double rounding = 1e-9;

// So that its largest factor lies between a half and 1; by a power of two, which rounds nothing.
void scale(Inequality& one)
{
    double largest = 0;
    for (const auto& [variable, factor] : one.factors) largest = std::max(largest, std::abs(factor));
    int exponent = 0;
    (void)std::frexp(largest, &exponent);
    for (auto& [variable, factor] : one.factors) factor = std::ldexp(factor, -exponent);
    one.constant = std::ldexp(one.constant, -exponent);
}

// Without variables, and wrong: 0 > 0, or less than nothing by more than rounding explains.
bool contradicts(const Inequality& one)
{
    if (!one.factors.empty()) return false;
    return one.constant < -rounding || (one.strict && one.constant == 0);
}

double factor_of(const Inequality& one, int variable)
{
    const auto found = one.factors.find(variable);
    return found == one.factors.end() ? 0 : found->second;
}

// What follows from both and does not speak of the variable; false: rounding left something of another one.
bool combine(const Inequality& above, const Inequality& below, int variable, Inequality& out)
{
    const double up = factor_of(above, variable), down = -factor_of(below, variable);
    out.constant = above.constant * down + below.constant * up;
    out.strict = above.strict || below.strict;
    for (const auto* side : {&above, &below}) {
        const double by = side == &above ? down : up;
        for (const auto& [other, factor] : side->factors) {
            if (other != variable) out.factors[other] += factor * by;
        }
    }
    for (auto at = out.factors.begin(); at != out.factors.end();) {
        if (at->second != 0 && std::abs(at->second) < rounding) return false;
        at = at->second == 0 ? out.factors.erase(at) : std::next(at);
    }
    return true;
}

// The variable whose elimination makes the fewest new inequalities.
int cheapest(const std::set<int>& variables, const std::vector<Inequality>& all)
{
    int best = *variables.begin();
    std::size_t least = SIZE_MAX;
    for (const int variable : variables) {
        const auto with = [&](auto sign) {
            const auto has = [&](const Inequality& one) { return sign(factor_of(one, variable)); };
            return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), has));
        };
        const std::size_t made = with([](double f) { return f > 0; }) * with([](double f) { return f < 0; });
        if (made < least) {
            least = made;
            best = variable;
        }
    }
    return best;
}

} // namespace

bool infeasible(std::vector<Inequality> all)
{
    std::set<int> variables;
    for (const Inequality& one : all) {
        for (const auto& [variable, factor] : one.factors) variables.insert(variable);
    }
    if (variables.size() > linear_variables_max) return false;
    for (Inequality& one : all) scale(one);
    while (!variables.empty()) {
        if (std::any_of(all.begin(), all.end(), contradicts)) return true;
        const int variable = cheapest(variables, all);
        variables.erase(variable);
        std::vector<Inequality> next;
        for (Inequality& one : all) {
            if (factor_of(one, variable) == 0) next.push_back(one);
        }
        for (const Inequality& above : all) {
            if (factor_of(above, variable) <= 0) continue;
            for (const Inequality& below : all) {
                if (factor_of(below, variable) >= 0) continue;
                Inequality made;
                if (!combine(above, below, variable, made)) continue; // less is known: no proof is made up
                scale(made);
                next.push_back(std::move(made));
                if (next.size() > linear_inequalities_max) return false;
            }
        }
        all = std::move(next);
    }
    return std::any_of(all.begin(), all.end(), contradicts);
}

} // namespace magwatch::language
