// Bytes of a connection -> request -> route -> body -> inputs or a refusal. Whatever comes in, what
// goes to the ward is a checked value of a known bed, and what goes out is valid JSON or our own
// page.
#include <cmath>
#include <cstdlib>

#include "daemon/http/service.hpp"
#include "daemon/http/wire.hpp"
#include "tests/unit/http/sample_ward.hpp"

namespace
{

using namespace magwatch;
using namespace magwatch::http;

void must(bool condition)
{
    if (!condition) std::abort();
}

void check(const Input& input)
{
    if (const auto* entry = std::get_if<Entry>(&input)) {
        must(!entry->key.empty() && !entry->person.empty() && entry->bed != no_bed);
        if (const auto* value = std::get_if<ValueEntry>(&entry->what)) {
            const SignalInfo& about = info(value->signal);
            must(std::isfinite(value->value) && value->value >= about.min &&
                 value->value <= about.max);
        }
        if (const auto* rate = std::get_if<InfusionRateEntry>(&entry->what))
            must(rate->grams_per_hour > 0 && rate->grams_per_hour <= 500);
        return;
    }
    must(!std::get<Action>(input).person.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static Board board;
    static Service* service = [] {
        ServiceOptions options;
        options.answer_key.emplace(Secret{"0123456789abcdef0123456789abcdef"});
        board.publish(shared(sample_ward()));
        board.progressed(Duration{1000});
        return new Service{board, std::move(options)};
    }();
    const auto parsed = parse_bytes({reinterpret_cast<const char*>(data), size});
    if (!parsed) return 0;
    const auto* request = std::get_if<Request>(&*parsed);
    if (request == nullptr) return 0;
    for (const bool trusted : {false, true}) {
        Request copy = *request;
        copy.trusted_peer = trusted;
        ClockReading now;
        now.boottime = Duration{1500};
        now.wall = sample_now;
        const Handled handled = service->handle(copy, now);
        if (const auto* ask = std::get_if<Ask>(&handled.result)) {
            must(!ask->inputs.empty());
            must(copy.method == Method::post);
            for (const Input& input : ask->inputs) check(input);
            continue;
        }
        if (const auto* past = std::get_if<HistoryQuestion>(&handled.result)) {
            must(copy.method == Method::get && past->points <= most_trend_points);
            if (past->from) must(*past->from < past->to.value_or(past->now));
            continue;
        }
        const auto& response = std::get<Response>(handled.result);
        if (response.content_type == "application/json")
            must(nlohmann::json::accept(response.body));
        must(serialise(response, true, false).starts_with("HTTP/1.1 "));
    }
    return 0;
}
