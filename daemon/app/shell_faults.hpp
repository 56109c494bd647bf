// The faults that the shell sees, in words, and what of them the ward has yet to be told.
//
// Told once per change of truth or words. Most say then what is wrong now, in the alarm that is open already: another
// error of the same disk rings nobody. A new mistake in a configuration, the next step towards a certificate's end and
// the next of two gaps is an alarm of its own. Pure; one thread.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "rules/ward/input.hpp"

namespace magwatch {

class ShellFaults {
public:
    using Tell = std::function<void(ShellStatus)>;

    // To whom everything goes from now on; what was kept so far first.
    void tell_to(Tell tell);
    void set(ShellFault what, bool present, std::string words);
    // To the ward, something else may have been its end.
    void say_again(ShellFault what);
    [[nodiscard]] bool stands(ShellFault what) const { return told_[static_cast<std::size_t>(what)]; }
    // As last told.
    [[nodiscard]] const std::string& words(ShellFault what) const { return words_[static_cast<std::size_t>(what)]; }

private:
    void tell(ShellStatus status);

    std::array<bool, shell_fault_count> told_{};
    std::array<std::string, shell_fault_count> words_;
    std::vector<ShellStatus> kept_;
    Tell tell_;
};

} // namespace magwatch
