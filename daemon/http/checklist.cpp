// The calcium gluconate checklist as JSON, and what is asked of it. Every word and figure of a step is the site's.
#include "daemon/http/checklist.hpp"

#include "daemon/http/times.hpp"

namespace magwatch::http
{
namespace
{

constexpr std::size_t name_longest = 64;
constexpr std::size_t reason_longest = 200;
constexpr std::size_t key_longest = 100;

Json step_json(const StepView& step)
{
    Json out;
    out["id"] = step.id;
    out["kind"] = step.kind;
    out["words"] = step.words;
    out["button"] = step.button;
    out["give"] = step.drug.empty() ? Json{}
                                    : Json{{"drug", step.drug},
                                           {"concentration", step.concentration},
                                           {"dose", step.dose},
                                           {"volume", step.volume},
                                           {"over", step.over},
                                           {"started", step.doses},
                                           {"most", step.most},
                                           {"second_check", step.second_check},
                                           {"second_check_missing", step.second_missing}};
    out["state"] = step.state;
    out["on_top"] = step.on_top;
    out["timer"] = !step.due ? Json{}
                             : Json{{"what", step.timer}, {"due", format_time(*step.due)}, {"over", step.over_due}};
    out["doubt"] = step.doubt.empty() ? Json{} : Json{{"why", step.doubt}, {"words", step.doubt_words}};
    out["taps"] = Json::array();
    for (const auto& tap : step.taps)
        out["taps"].push_back(
            {{"act", tap.act}, {"by", tap.by}, {"at", format_time(tap.at)}, {"text", text_or_null(tap.text)}});
    return out;
}

BedId bed_of(Fields& f, const BedView* bed, std::string_view alias)
{
    if (bed == nullptr) f.refuse("", "no bed '" + std::string{alias.substr(0, 64)} + "'", 404);
    return bed != nullptr ? bed->id : no_bed;
}

} // namespace

Json checklist_json(const std::optional<ChecklistView>& list)
{
    if (!list) return {};
    Json out;
    out["example"] = list->example;
    out["stamp"] = list->stamp;
    out["id"] = list->id;
    out["title"] = list->title;
    out["version"] = list->version;
    out["approver"] = text_or_null(list->approver);
    out["approved"] = text_or_null(list->approved);
    out["notice"] = list->notice;
    out["open"] = list->open;
    out["branch"] = list->branch;
    out["opened"] = format_time(list->opened);
    out["opened_by"] = text_or_null(list->opened_by);
    out["why"] = Json::array();
    for (const auto& [at, what] : list->why) out["why"].push_back({{"at", format_time(at)}, {"what", what}});
    out["precautions"] = Json::array();
    for (const auto& [id, words] : list->precautions) out["precautions"].push_back({{"id", id}, {"words", words}});
    out["steps"] = Json::array();
    for (const auto& step : list->steps) out["steps"].push_back(step_json(step));
    out["closed"] = !list->closed_at ? Json{}
                                     : Json{{"at", format_time(*list->closed_at)},
                                            {"reason", list->closed_reason},
                                            {"doctor", list->closed_doctor},
                                            {"by", list->closed_by}};
    return out;
}

Json render_protocol(const WardView& view, const BedView& bed)
{
    Json out;
    out["at"] = format_time(view.at.wall);
    out["bed"] = bed.alias;
    out["place"] = bed.place;
    out["file"] = text_or_null(view.protocol);
    out["example"] = view.protocol_example || (bed.checklist && bed.checklist->example);
    out["checklist"] = checklist_json(bed.checklist);
    return out;
}

void read_protocol_open(Fields& f, const BedView* bed, std::string_view alias, Action& action)
{
    ProtocolOpen open;
    open.bed = bed_of(f, bed, alias);
    open.key = f.text("key", key_longest);
    open.branch = static_cast<ProtocolBranch>(
        f.choice("branch", {protocol_branch_names.begin(), protocol_branch_names.end()}));
    open.reason = f.optional_text("reason", reason_longest);
    action.what = std::move(open);
}

void read_protocol_step(Fields& f, const BedView* bed, std::string_view alias, Action& action)
{
    ProtocolTap tap;
    tap.bed = bed_of(f, bed, alias);
    tap.key = f.text("key", key_longest);
    tap.step = f.text("step", name_longest);
    tap.act = static_cast<StepAct>(f.choice("act", {step_act_names.begin(), step_act_names.begin() + step_tap_count}));
    switch (tap.act) {
    case StepAct::not_done: tap.text = f.text("reason", reason_longest); break;
    case StepAct::start: {
        tap.text = f.optional_text("second_person", name_longest);
        if (f.ok() && !tap.text.empty() && tap.text == action.person)
            f.refuse("second_person", "must be another person");
        break;
    }
    case StepAct::done: tap.text = f.optional_text("text", reason_longest); break;
    case StepAct::second:
    case StepAct::better:
    case StepAct::result:
    case StepAct::taken_back: break;
    }
    action.what = std::move(tap);
}

void read_protocol_close(Fields& f, const BedView* bed, std::string_view alias, Action& action)
{
    ProtocolClose close;
    close.bed = bed_of(f, bed, alias);
    close.key = f.text("key", key_longest);
    close.reason = f.text("reason", reason_longest);
    close.doctor = f.text("doctor", name_longest);
    action.what = std::move(close);
}

} // namespace magwatch::http
