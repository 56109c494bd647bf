#include "daemon/app/shell_faults.hpp"

#include <utility>

namespace magwatch {
namespace {

bool rings_anew(ShellFault what)
{
    return what == ShellFault::configuration || what == ShellFault::certificate ||
           what == ShellFault::clock_jumped || what == ShellFault::loop_late;
}

} // namespace

void ShellFaults::tell_to(Tell tell)
{
    tell_ = std::move(tell);
    for (ShellStatus& status : std::exchange(kept_, {})) tell_(std::move(status));
}

void ShellFaults::set(ShellFault what, bool present, std::string words)
{
    bool& told = told_[static_cast<std::size_t>(what)];
    std::string& said = words_[static_cast<std::size_t>(what)];
    // How long channels have been silent is in their words: those have a pace of their own, by say_again().
    const bool reworded = told && present && said != words;
    if (present) said = words;
    if (told == present && (!reworded || what == ShellFault::channel)) return;
    if (reworded && rings_anew(what)) tell({what, false, ""});
    told = present;
    tell({what, present, std::move(words)});
}

void ShellFaults::say_again(ShellFault what)
{
    if (stands(what)) tell({what, true, words(what)});
}

void ShellFaults::tell(ShellStatus status)
{
    if (tell_) tell_(std::move(status));
    else kept_.push_back(std::move(status));
}

} // namespace magwatch
