// What `magwatch doctor` found: one line of judgement for each check, with what was found and what to do.
//
// Pure; not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace magwatch::cli::doctor
{

// In the order of their weight. `unknown`: the check cannot be made here or by this user.
enum class Verdict { ok, unknown, warning, wrong };
[[nodiscard]] std::string_view name(Verdict verdict); // "ok", "could not tell", "warning", "wrong"

struct Finding {
    std::string group, check;
    Verdict verdict = Verdict::ok;
    std::string found;  // what is so
    std::string advice; // what to do; "" = nothing
    bool unreachable = false; // it is wrong because the daemon does not answer
};

class Findings
{
public:
    // What follows belongs to this part of the installation.
    void group(std::string name) { group_ = std::move(name); }
    void ok(std::string check, std::string found);
    void unknown(std::string check, std::string found, std::string advice);
    void warning(std::string check, std::string found, std::string advice);
    void wrong(std::string check, std::string found, std::string advice);
    void unreachable(std::string check, std::string found, std::string advice);

    [[nodiscard]] const std::vector<Finding>& all() const { return all_; }
    [[nodiscard]] std::size_t count(Verdict verdict) const;
    // 0 all is well, 1 something is wrong, 4 nothing is wrong but that the daemon does not answer. `strict`: what is
    // no more than a warning, or could not be told, counts as wrong.
    [[nodiscard]] int exit_code(bool strict) const;

private:
    void add(Verdict verdict, std::string check, std::string found, std::string advice);
    std::string group_;
    std::vector<Finding> all_;
};

// "run as root or as a member of the group magwatch", for what this user may not see.
inline constexpr const char* as_root = "run it as root, or: sudo -u magwatch magwatch doctor";

} // namespace magwatch::cli::doctor
