// The simulator's own random numbers: PCG32 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient
// Statistically Good Algorithms for Random Number Generation").
//
// Pure. Not the distributions of <random>: their results differ between standard libraries, and a seed
// must give the same bytes on every machine. For the same reason nothing here or in the models calls
// exp, log or pow: only IEEE operations that every machine rounds alike.
#pragma once

#include <cstdint>

namespace magwatch::simulator {

class Random {
public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : increment_{(stream << 1) | 1}
    {
        (void)next();
        state_ += seed;
        (void)next();
    }

    [[nodiscard]] std::uint32_t next()
    {
        const std::uint64_t old = state_;
        state_ = old * 6364136223846793005ULL + increment_;
        const auto shifted = static_cast<std::uint32_t>(((old >> 18) ^ old) >> 27);
        const auto turn = static_cast<std::uint32_t>(old >> 59);
        return (shifted >> turn) | (shifted << ((32 - turn) & 31));
    }

    // In [0, 1), every value a multiple of 2^-32.
    [[nodiscard]] double uniform() { return next() * 0x1p-32; }
    [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
    [[nodiscard]] bool chance(double probability) { return uniform() < probability; }

    // Mean 0, variance 1, the sum of twelve uniforms: near enough to normal out to 3, never beyond 6.
    [[nodiscard]] double normal()
    {
        double sum = -6;
        for (int i = 0; i < 12; ++i) sum += uniform();
        return sum;
    }

private:
    std::uint64_t state_ = 0;
    std::uint64_t increment_;
};

} // namespace magwatch::simulator
