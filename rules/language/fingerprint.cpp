#include "rules/language/fingerprint.hpp"

#include <bit>
#include <vector>

#include "rules/base/fnv.hpp"

namespace magwatch::language {
namespace {

// Over whatever tells what an answer kept under this plan means.
class Fingerprint {
public:
    void add(std::uint64_t word)
    {
        for (int byte = 0; byte < 8; ++byte, word >>= 8) hash_.add(static_cast<std::uint8_t>(word & 0xFF));
    }
    void add(const Program& program)
    {
        add(program.code.size());
        for (const LogicStep& step : program.code)
            add(static_cast<std::uint64_t>(step.op) | std::uint64_t{step.least} << 8 | std::uint64_t{step.arg} << 16);
    }
    void add(const std::vector<NumericStep>& steps)
    {
        add(steps.size());
        for (const NumericStep& step : steps) {
            add(static_cast<std::uint64_t>(step.op) | static_cast<std::uint64_t>(step.signal) << 8 |
                std::uint64_t{step.index} << 16);
            add(std::bit_cast<std::uint64_t>(step.constant));
        }
    }
    void add(const Atom& atom)
    {
        add(static_cast<std::uint64_t>(atom.kind) | static_cast<std::uint64_t>(atom.compare) << 8 |
            static_cast<std::uint64_t>(atom.signal) << 16 | static_cast<std::uint64_t>(atom.other) << 24 |
            std::uint64_t{atom.index} << 32);
        add(std::bit_cast<std::uint64_t>(atom.limit));
        add(static_cast<std::uint64_t>(atom.duration.count()));
    }
    [[nodiscard]] std::uint64_t value() const { return hash_.value() | std::uint64_t{1} << 63; }

private:
    Fnv1a hash_;
};

} // namespace

std::uint64_t fingerprint(const Pack& pack)
{
    Fingerprint out;
    for (const WindowSpec& window : pack.windows) {
        out.add(static_cast<std::uint64_t>(window.signal) | static_cast<std::uint64_t>(window.kind) << 8);
        out.add(static_cast<std::uint64_t>(window.length.count()));
    }
    for (const Atom& atom : pack.plan.atoms) out.add(atom);
    for (const Comparison& comparison : pack.plan.comparisons) {
        out.add(static_cast<std::uint64_t>(comparison.compare));
        out.add(comparison.left);
        out.add(comparison.right);
    }
    for (const Sustained& sustained : pack.plan.sustained) {
        out.add(sustained.condition);
        out.add(static_cast<std::uint64_t>(sustained.duration.count()) << 16 | sustained.atom);
    }
    for (const Rule& rule : pack.rules) {
        for (const Program* program : {&rule.when, &rule.clear, &rule.needs}) out.add(*program);
    }
    return out.value();
}

} // namespace magwatch::language
