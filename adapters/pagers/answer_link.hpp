// The signed links by which a person answers a page: "coming", "cannot", "here".
//
// A token says who may answer what until when, under an HMAC-SHA256 that only this daemon can make. It is
// one-time in its effect: the same answer again is harmless and answered the same way; another answer by the
// same person has its own token. A token bears no secret of the patient: call number, person, kind, expiry.
// Pure; wall time is handed in. GET of a link shows a page, only POST answers (answer_page.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "adapters/pagers/pager.hpp"
#include "rules/base/ids.hpp"
#include "rules/base/instant.hpp"
#include "rules/escalation/answer.hpp"
#include "runtime/secret.hpp"

namespace magwatch::adapters {

struct AnswerToken {
    CallId call;
    std::string person;
    AnswerKind kind{};
    WallTime expires; // whole seconds are kept

    friend bool operator==(const AnswerToken&, const AnswerToken&) = default;
};

// Design value: longer than any call of a shift needs a person, shorter than the next shift's.
inline constexpr Duration answer_token_life{4LL * 3600 * 1000};

enum class AnswerTokenCheck : std::uint8_t {
    good,
    forged, // not made with this key, or not a token at all
    expired,
};

// URL-safe text of at most 512 characters. `key` needs at least 16 bytes and is used for this alone.
// A person's name of more than 200 bytes gives "" (no link).
[[nodiscard]] std::string make_answer_token(const AnswerToken& token, std::string_view key);

struct CheckedAnswerToken {
    AnswerTokenCheck check = AnswerTokenCheck::forged;
    AnswerToken token; // filled if good or expired
};
[[nodiscard]] CheckedAnswerToken check_answer_token(std::string_view text, std::string_view key, WallTime now);

// The three links of one page: BASE/answer/TOKEN, `base` such as "http://127.0.0.1:8321".
[[nodiscard]] AnswerLinks make_answer_links(std::string_view base, CallId call, std::string_view person,
                                            WallTime expires, std::string_view key);

// Which tokens have been used: bounded, and rightly forgotten by a restart, because the core takes the same
// answer twice without harm. Used on one thread.
class AnswerTokens {
public:
    enum class Use : std::uint8_t {
        first,    // pass the answer on
        repeated, // it has been passed on before: if the call still has it so, say so and do nothing
        forged,
        expired,
    };
    struct Result {
        Use use = Use::forged;
        AnswerToken token;
    };

    // `bound` tokens are remembered; beyond it the one that expires first is forgotten.
    explicit AnswerTokens(Secret key, std::size_t bound = 4096);

    // Looks without using: for GET.
    [[nodiscard]] Result look(std::string_view text, WallTime now) const;
    // Uses it: for POST. Exactly the first call with a good token gives `first`.
    [[nodiscard]] Result redeem(std::string_view text, WallTime now);

    [[nodiscard]] std::size_t remembered() const { return used_.size(); }

private:
    Secret key_;
    std::size_t bound_;
    std::set<std::string, std::less<>> used_;
    std::set<std::pair<std::int64_t, std::string>> by_expiry_;
};

} // namespace magwatch::adapters
