// Whether inequalities between quantities can hold together: `rr > hr and rr < hr - 5 /min` cannot.
//
// Pure. Fourier-Motzkin elimination, which is complete, within bounds in which it is quick; beyond them, and where
// rounding could decide, the answer is that nothing is proven.
#pragma once

#include <map>
#include <vector>

namespace magwatch::language {

inline constexpr std::size_t linear_variables_max = 16;
inline constexpr std::size_t linear_inequalities_max = 256;

// The sum of factor * variable, and the constant, is above 0; or not below 0 if not `strict`.
struct Inequality {
    std::map<int, double> factors; // by variable; none is 0
    double constant = 0;
    bool strict = false;
};

// No values of the variables satisfy all of them; false: some do, or it is not proven.
[[nodiscard]] bool infeasible(std::vector<Inequality> all);

} // namespace magwatch::language
