#include "daemon/http/feed.hpp"

#include <algorithm>

#include "daemon/http/times.hpp"
#include "daemon/http/words.hpp"

namespace magwatch::http
{
namespace
{

std::string compact(const Json& json)
{
    std::string text = text_of(json);
    text.pop_back(); // its line end: an event's data is one line
    return text;
}

// "name":text of one member of what was rendered.
std::string list_of(const Json& rendered, const char* name)
{
    return compact(rendered.at(name));
}

std::string without_time(Json rendered)
{
    rendered.erase("at");
    return compact(rendered);
}

Chunk event(std::string_view name, std::string data)
{
    std::string text = "event: ";
    text.append(name).append("\ndata: ").append(data).append("}\n\n");
    return std::make_shared<const std::string>(std::move(text));
}

// Takes `now` over; the member's text if that was a change, else "".
std::string change(std::string& known, std::string now, std::string_view name)
{
    if (known == now) return "";
    known = std::move(now);
    return ",\"" + std::string{name} + "\":" + known;
}

} // namespace

// {"simulation":false,"server_time":"...","utc_offset_minutes":60: what every event begins with. The offset goes along
// each time, for summer time begins and ends under a board that is open; before the ward's first word it is unknown.
std::string Feed::head(const ClockReading& now) const
{
    const auto ward = board_.current();
    const bool simulation = ward && ward->view.mode != Mode::ward;
    std::string text = std::string{"{\"simulation\":"} + (simulation ? "true" : "false") + ",\"server_time\":\"" +
                       format_time(now.wall) + "\"";
    if (ward) text += ",\"utc_offset_minutes\":" + std::to_string(ward->utc_offset_minutes);
    return text;
}

std::vector<Feed::Bed> Feed::look_at_beds(const ClockReading& now) const
{
    const std::vector<Reading> readings = readings_ ? readings_() : std::vector<Reading>{};
    const Json rendered = render_beds(ward_->view, readings, now.boottime);
    std::vector<Bed> beds;
    for (const Json& bed : rendered.at("beds")) beds.push_back({bed.at("alias").get<std::string>(), compact(bed)});
    return beds;
}

std::string Feed::changed_beds(const std::vector<Bed>& beds) const
{
    std::string out = ",\"beds\":[";
    std::string_view comma;
    for (const Bed& bed : beds) {
        if (std::find(beds_.begin(), beds_.end(), bed) != beds_.end()) continue;
        out.append(comma).append(bed.text);
        comma = ",";
    }
    out += "],\"gone\":";
    Json gone = Json::array();
    for (const Bed& before : beds_) {
        const auto same = [&](const Bed& bed) { return bed.alias == before.alias; };
        if (std::none_of(beds.begin(), beds.end(), same)) gone.push_back(before.alias);
    }
    return out + compact(gone);
}

Chunk Feed::update(const ClockReading& now, bool alarms_only)
{
    const auto ward = board_.current();
    if (!ward || ward == ward_ || (alarms_only && ward == alarms_of_)) return nullptr;
    alarms_of_ = ward;
    std::string alarms = list_of(render_alarms(ward->view), "alarms");
    std::string calls = list_of(render_calls(ward->view), "calls");
    if (alarms_only && alarms == alarms_ && calls == calls_) return nullptr;
    ward_ = ward;

    std::vector<Bed> beds = look_at_beds(now);
    const bool beds_changed = beds != beds_;
    std::string told = change(alarms_, std::move(alarms), "alarms") + change(calls_, std::move(calls), "calls") +
                       change(pages_, list_of(render_pages(ward->view), "pages"), "pages") +
                       change(oncall_, without_time(render_oncall(ward->view)), "oncall");
    const Json status = render_status(*ward, liveness_of(board_, now));
    if (!change(status_known_by_, without_time(status), "status").empty()) {
        status_ = compact(status);
        told += ",\"status\":" + status_;
    }
    if (!beds_changed && told.empty()) return nullptr;
    ++sequence_;
    std::string text = head(now) + ",\"sequence\":" + std::to_string(sequence_) + changed_beds(beds) + told;
    beds_ = std::move(beds);
    rest_.reset();
    return event("update", std::move(text));
}

std::vector<Chunk> Feed::snapshot(const ClockReading& now)
{
    if (!ward_) (void)update(now);
    if (!ward_) return {};
    const Json about = {{"mode", word(ward_->view.mode)},
                        {"version", ward_->health.version},
                        {"ward", ward_->view.name},
                        {"sequence", sequence_}};
    std::string members = compact(about);
    members.front() = ','; // joined to the head
    members.pop_back();
    auto start = std::make_shared<const std::string>("event: snapshot\ndata: " + head(now) + members);
    if (!rest_) {
        std::string text = ",\"status\":" + status_ + ",\"beds\":[";
        for (const Bed& bed : beds_) text.append(&bed == &beds_.front() ? "" : ",").append(bed.text);
        text += "],\"alarms\":" + alarms_ + ",\"calls\":" + calls_ + ",\"pages\":" + pages_ + ",\"oncall\":" + oncall_;
        rest_ = std::make_shared<const std::string>(text + "}\n\n");
    }
    return {std::move(start), rest_};
}

Chunk Feed::heartbeat(const ClockReading& now) const
{
    const bool alive = liveness_of(board_, now).alive;
    return event("heartbeat", head(now) + ",\"sequence\":" + std::to_string(sequence_) + ",\"alive\":" +
                                  (alive ? "true" : "false"));
}

} // namespace magwatch::http
