#include "daemon/audit/verify.hpp"

#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "adapters/pagers/signing.hpp"
#include "daemon/audit/folder.hpp"
#include "runtime/ascii.hpp"

namespace magwatch::audit
{
namespace
{

using Json = nlohmann::json;

constexpr std::size_t longest_torn = 1U << 20;
constexpr std::uint64_t most_keys = 10'000'000; // of a row: a thousand years of hours

Json body_of(const ReadRow& row)
{
    const Json json = Json::parse(row.body, nullptr, false);
    return json.is_object() ? json : Json::object();
}

class Chain
{
public:
    Chain(Verified& out, const std::optional<KeyFile>& key, const std::optional<Head>& expected)
        : out_{out}, expected_{expected}, trail_{key ? key->trail : ""}
    {
        if (key) key_ = key->key;
    }
    // False: it is wrong, and nothing after it is looked at.
    bool take(std::string_view line, bool whole);
    void end(const std::optional<KeyFile>& in_force);

private:
    bool wrong(std::uint64_t row, std::string what)
    {
        out_.row = row;
        out_.wrong = std::move(what);
        return false;
    }
    bool begins(const ReadRow& row);
    bool follows(const ReadRow& row);
    bool is_signed(const ReadRow& row, std::string_view line);
    bool names_torn(const ReadRow& row);

    Verified& out_;
    const std::optional<Head>& expected_;
    std::string trail_;
    std::optional<Key> key_;
    std::optional<ReadRow> last_;
    std::optional<std::string> torn_; // a line that is no row: the next row has to name it
    std::optional<Head> pruned_;      // what the first row that is there claims to follow; a later row must say so
    bool seen_ = false;               // the expected head
};

// The first row that is there: the trail's first, or the first that retention kept.
bool Chain::begins(const ReadRow& row)
{
    out_.first = row.sequence;
    out_.from = row.wall;
    if (row.sequence > 1) {
        pruned_ = Head{row.sequence, row.previous};
        return true;
    }
    if (row.action != own::created || row.previous != Head{}.hash || row.key_number != 0)
        return wrong(1, "the trail does not begin with its first row");
    const Json trail = body_of(row).value("trail", Json{});
    out_.trail = trail.is_string() ? trail.get<std::string>() : "";
    if (key_ && out_.trail != trail_)
        return wrong(1, "this key belongs to another trail (" + trail_ + "), this one is " + out_.trail);
    return true;
}

bool Chain::follows(const ReadRow& row)
{
    const std::uint64_t due = last_->sequence + 1;
    if (row.sequence != due) return wrong(due, fmt::format("row {} stands where row {} belongs", row.sequence, due));
    if (row.previous != out_.head.hash)
        return wrong(due, fmt::format("row {} does not follow row {} as that stands here: one of them was changed",
                                      due, last_->sequence));
    const std::uint64_t key = last_->key_number + (last_->action == own::key_ended ? 1 : 0);
    if (row.key_number != key)
        return wrong(due, fmt::format("row {} is of key {}, and key {} has its turn: rows before it are missing", due,
                                      row.key_number, key));
    return true;
}

bool Chain::is_signed(const ReadRow& row, std::string_view line)
{
    if (!key_) return true;
    if (row.key_number < key_->number || row.key_number > most_keys)
        return wrong(row.sequence, fmt::format("row {} is of a key that does not follow the verify key", row.sequence));
    while (key_->number < row.key_number) key_ = next_key(*key_);
    if (signed_with(line, key_->bytes)) return true;
    return wrong(row.sequence,
                 fmt::format("row {} is not signed with its key: it was changed or forged", row.sequence));
}

bool Chain::names_torn(const ReadRow& row)
{
    const bool names = row.action == own::torn;
    if (!torn_ && !names) return true;
    if (!torn_) return wrong(row.sequence, fmt::format("row {} names a broken line that is not there", row.sequence));
    const Json body = body_of(row);
    if (!names || body.value("sha256", Json{}) != hex(adapters::sha256(*torn_)) ||
        body.value("bytes", Json{}) != torn_->size())
        return wrong(out_.head.sequence + 1,
                     fmt::format("the line after row {} is no row, and no row names it", out_.head.sequence));
    out_.notes.push_back(fmt::format("the line before row {} was broken off; that row names it", row.sequence));
    torn_.reset();
    return true;
}

bool Chain::take(std::string_view line, bool whole)
{
    ++out_.line;
    const auto row = whole ? read_row(line) : std::nullopt;
    if (!row) {
        torn_ = torn_ ? *torn_ + "\n" + std::string{line} : std::string{line};
        return torn_->size() <= longest_torn || wrong(out_.head.sequence + 1, "too much that is no row");
    }
    if (!(last_ ? follows(*row) : begins(*row)) || !is_signed(*row, line) || !names_torn(*row)) return false;
    const Head head = head_of(row->sequence, line);
    if (expected_ && expected_->sequence == row->sequence) {
        seen_ = true;
        if (*expected_ != head)
            return wrong(row->sequence,
                         fmt::format("row {} is not the one whose hash was seen elsewhere", row->sequence));
    }
    if (row->action == own::pruned) {
        const Json body = body_of(*row);
        const bool ours = pruned_ && body.value("first", Json{}) == pruned_->sequence &&
                          body.value("previous", Json{}) == pruned_->hash;
        if (ours) {
            out_.notes.push_back(fmt::format("rows before {} were removed by retention, as row {} says",
                                             pruned_->sequence, row->sequence));
            pruned_.reset();
        }
    }
    out_.head = head;
    out_.until = row->wall;
    ++out_.rows;
    last_ = *row;
    return true;
}

void Chain::end(const std::optional<KeyFile>& in_force)
{
    const std::uint64_t next = out_.head.sequence + 1;
    if (torn_) {
        wrong(next, fmt::format("the line after row {} is broken off, and no row names it: it was cut, or a kill broke "
                                "it and the daemon was not started since",
                                out_.head.sequence));
    } else if (!last_) {
        wrong(1, "there is no row");
    } else if (pruned_) {
        wrong(pruned_->sequence,
              fmt::format("the trail begins with row {}, and no row says that retention took what was before it",
                          pruned_->sequence));
    } else if (expected_ && !seen_ && expected_->sequence > out_.head.sequence) {
        wrong(next, fmt::format("the trail ends with row {}, and row {} was seen elsewhere: its end is missing",
                                out_.head.sequence, expected_->sequence));
    } else if (expected_ && !seen_) {
        wrong(expected_->sequence, fmt::format("row {} is not there any more", expected_->sequence));
    } else if (in_force) {
        const std::uint64_t due = last_->key_number + (last_->action == own::key_ended ? 1 : 0);
        if (in_force->key.number > due)
            wrong(next, fmt::format("the trail ends with row {}, of key {}, and key {} was in use already: its end is "
                                    "missing",
                                    out_.head.sequence, last_->key_number, in_force->key.number));
    }
}

} // namespace

Verified verify(const std::string& folder, const std::optional<KeyFile>& key, const std::optional<Head>& expected)
{
    Verified out;
    out.by_key = key.has_value();
    // Before the rows: a running daemon may change it meanwhile, and only forward.
    std::optional<KeyFile> in_force;
    if (auto read = read_key_file(folder + "/" + key_name); read && std::holds_alternative<KeyFile>(*read))
        in_force = std::get<KeyFile>(*std::move(read));
    Chain chain{out, key, expected};
    for (const Segment& segment : segments_of(folder)) {
        out.file = std::filesystem::path{segment.path}.filename().string();
        out.line = 0;
        const std::string wrong =
            each_line(segment.path, [&](std::string_view line, bool whole) { return chain.take(line, whole); });
        if (!wrong.empty()) out.wrong = wrong;
        if (!out.good()) return out;
    }
    chain.end(in_force);
    return out;
}

} // namespace magwatch::audit
