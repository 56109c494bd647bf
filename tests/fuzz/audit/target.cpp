// Any bytes as a row of the audit trail, as a key file and as a request's body: a row that is read can be looked for and is
// never larger than one may be, a key that is read is one, and what the trail writes about a body is a row again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "daemon/audit/body.hpp"
#include "daemon/audit/keys.hpp"
#include "daemon/audit/row.hpp"

using namespace magwatch;

namespace {

void require(bool promise)
{
    if (!promise) std::abort();
}

void check_row(std::string_view bytes)
{
    const auto row = audit::read_row(bytes);
    if (!row) return;
    require(bytes.size() <= audit::longest_row && row->sequence > 0 && row->previous.size() == 64);
    require(!audit::signed_with(bytes, "not the key that signed it, whatever that was"));
}

// What people send stands in a row that can be read, and nothing of it can end the line or the chain.
void check_written(std::string_view bytes)
{
    audit::Event event;
    event.action = "entries";
    event.actor = std::string{bytes.substr(0, 40)};
    event.object = std::string{bytes.substr(bytes.size() / 2, 40)};
    event.outcome = "accepted";
    event.body = audit::canonical_body(bytes);
    const std::string key(32, 'k');
    const std::string line = audit::row_line(event, {}, {7, std::string(64, 'a')}, 3, key);
    require(line.find('\n') == std::string::npos);
    if (line.size() > audit::longest_row) return;
    const auto row = audit::read_row(line);
    require(row && row->sequence == 8 && row->key_number == 3 && row->action == "entries");
    require(audit::signed_with(line, key));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    check_row(bytes);
    check_written(bytes);
    (void)audit::read_key_text(bytes);
    return 0;
}
