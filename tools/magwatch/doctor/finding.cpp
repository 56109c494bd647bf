#include "tools/magwatch/doctor/finding.hpp"

#include <algorithm>

#include "tools/magwatch/shell.hpp"

namespace magwatch::cli::doctor
{

std::string_view name(Verdict verdict)
{
    switch (verdict) {
    case Verdict::ok:
        return "ok";
    case Verdict::unknown:
        return "could not tell";
    case Verdict::warning:
        return "warning";
    case Verdict::wrong:
        return "wrong";
    }
    return "could not tell";
}

void Findings::add(Verdict verdict, std::string check, std::string found, std::string advice)
{
    all_.push_back({group_, std::move(check), verdict, std::move(found), std::move(advice), false});
}

void Findings::ok(std::string check, std::string found)
{
    add(Verdict::ok, std::move(check), std::move(found), "");
}

void Findings::unknown(std::string check, std::string found, std::string advice)
{
    add(Verdict::unknown, std::move(check), std::move(found), std::move(advice));
}

void Findings::warning(std::string check, std::string found, std::string advice)
{
    add(Verdict::warning, std::move(check), std::move(found), std::move(advice));
}

void Findings::wrong(std::string check, std::string found, std::string advice)
{
    add(Verdict::wrong, std::move(check), std::move(found), std::move(advice));
}

void Findings::unreachable(std::string check, std::string found, std::string advice)
{
    wrong(std::move(check), std::move(found), std::move(advice));
    all_.back().unreachable = true;
}

std::size_t Findings::count(Verdict verdict) const
{
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [&](const Finding& f) { return f.verdict == verdict; }));
}

int Findings::exit_code(bool strict) const
{
    const bool wrong = std::any_of(all_.begin(), all_.end(), [&](const Finding& f) {
        return (f.verdict == Verdict::wrong && !f.unreachable) || (strict && f.verdict > Verdict::ok && !f.unreachable);
    });
    if (wrong) return cli::failed;
    return count(Verdict::wrong) > 0 ? cli::unreachable : cli::ok;
}

} // namespace magwatch::cli::doctor
