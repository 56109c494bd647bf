#include <array>
#include <cstdio>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

#include "rules/observation/quantity.hpp"
#include "runtime/toml_reader.hpp"
#include "tools/magwatch/client.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/predict_request.hpp"

namespace magwatch::cli
{
namespace
{

struct Options {
    std::string model = "typical", infusion, salt = "sulfate_heptahydrate", unknown_since;
    double weight_kg = 0;
    std::optional<double> creatinine_mg_dl, creatinine_umol_l;
    std::vector<std::string> at, levels;
    std::string bed;
    bool low_urine = false;
};

struct Request {
    Model model{};
    Covariates woman;
    Course course;
    std::vector<Level> levels;
    std::vector<Instant> times;
};

Salt salt_of(const std::string& text)
{
    if (text == "sulfate_anhydrous") return Salt::sulfate_anhydrous;
    return text == "chloride_hexahydrate" ? Salt::chloride_hexahydrate : Salt::sulfate_heptahydrate;
}

// Moves what was read into place, or gives back what is wrong.
template <class T>
std::string take(std::variant<std::vector<T>, std::string> read, std::vector<T>& into)
{
    if (const auto* wrong = std::get_if<std::string>(&read)) return *wrong;
    const auto& found = std::get<std::vector<T>>(read);
    into.insert(into.end(), found.begin(), found.end());
    return {};
}

// Empty, or what is wrong.
std::string read_infusion(const Options& options, Course& course)
{
    const auto plan = adapters::parse_infusion_plan(options.infusion);
    if (const auto* wrong = std::get_if<std::string>(&plan)) return "--infusion: " + *wrong;
    const auto read = course_from(std::get<std::vector<adapters::InfusionStep>>(plan), salt_of(options.salt));
    if (const auto* wrong = std::get_if<std::string>(&read)) return "--infusion: " + *wrong;
    course = std::get<Course>(read);
    if (options.unknown_since.empty()) return {};
    const auto since = parse_duration(options.unknown_since);
    if (!since)
        return "--rate-unknown-since: '" + options.unknown_since + "' is no time such as 90s, 20min or 1.5h";
    course.unknown_since(Instant{} + *since);
    return {};
}

std::string read(const Options& options, Request& request)
{
    request.model = *model_from(options.model);
    if (options.creatinine_mg_dl.has_value() == options.creatinine_umol_l.has_value())
        return "give the creatinine once: --creatinine-mg-dl or --creatinine-umol-l";
    request.woman.weight_kg = options.weight_kg;
    request.woman.creatinine_umol_l =
        options.creatinine_umol_l.value_or(*convert(Signal::creatinine, options.creatinine_mg_dl.value_or(0),
                                                    Unit::mg_per_dl, Unit::umol_per_l));
    request.woman.low_urine = options.low_urine;
    std::string wrong = read_infusion(options, request.course);
    for (const auto& text : options.at) {
        if (wrong.empty()) wrong = take(parse_times(text), request.times);
        if (!wrong.empty() && !wrong.starts_with("--")) wrong = "--at: " + wrong;
    }
    for (const auto& text : options.levels) {
        if (wrong.empty()) wrong = take(parse_levels(text), request.levels);
        if (!wrong.empty() && !wrong.starts_with("--")) wrong = "--level: " + wrong;
    }
    return wrong;
}

std::vector<std::string> reasons_of(const PredictedPoint& point)
{
    std::vector<std::string> reasons;
    for (unsigned i = 0; i < extrapolation_count; ++i) {
        const auto reason = static_cast<Extrapolation>(1U << i);
        if (point.because(reason)) reasons.emplace_back(name(reason));
    }
    return reasons;
}

void print_json(const Shell& shell, const Prediction& prediction)
{
    for (const PredictedPoint& point : prediction.points) {
        Json line;
        if (point.at.ms % 1000 == 0) line["time_s"] = point.at.ms / 1000;
        else line["time_s"] = static_cast<double>(point.at.ms) / 1000;
        line["p5_mmol_l"] = point.p5_mmol_l;
        line["p25_mmol_l"] = point.p25_mmol_l;
        line["p50_mmol_l"] = point.p50_mmol_l;
        line["p75_mmol_l"] = point.p75_mmol_l;
        line["p95_mmol_l"] = point.p95_mmol_l;
        line["extrapolated"] = point.extrapolated != 0;
        if (point.extrapolated != 0) line["extrapolated_by"] = reasons_of(point);
        if (point.record_incomplete) line["record_incomplete"] = true;
        shell.print(line);
    }
}

std::string number(double value, int digits)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string in_mg_per_dl(double mmol_l)
{
    return number(*convert(Signal::mg, mmol_l, Unit::mmol_per_l, Unit::mg_per_dl), 1);
}

void print_table(const Prediction& prediction)
{
    Table table{{"TIME", "P5 mmol/L", "P50", "P95", "P5 mg/dL", "P50", "P95", "NOTE"}};
    for (const PredictedPoint& point : prediction.points) {
        std::string note;
        for (const auto& reason : reasons_of(point)) note += (note.empty() ? "extrapolated: " : ", ") + reason;
        if (point.record_incomplete) note += std::string{note.empty() ? "" : "; "} + "infusion record incomplete";
        table.row({duration_text(point.at - Instant{}), number(point.p5_mmol_l, 2), number(point.p50_mmol_l, 2),
                   number(point.p95_mmol_l, 2), in_mg_per_dl(point.p5_mmol_l), in_mg_per_dl(point.p50_mmol_l),
                   in_mg_per_dl(point.p95_mmol_l), note.empty() ? "-" : note});
    }
    table.print();
}

void tell(const Shell& shell, const Request& request, const Prediction& prediction)
{
    for (std::size_t i = 0; i < prediction.levels.size(); ++i) {
        if (prediction.levels[i] == LevelUse::fitted) continue;
        const Level& level = request.levels[i];
        shell.complain("the level of " + number(level.mmol_l, 2) + " mmol/L at " +
                       duration_text(level.drawn - Instant{}) + " is " + std::string{name(prediction.levels[i])});
    }
    if (prediction.incomplete_since)
        shell.complain("infusion record incomplete: rate unknown since " +
                       duration_text(*prediction.incomplete_since - Instant{}) +
                       "; the band spans that it went on and that it had stopped");
    if (shell.json) return;
    if (const auto at = may_exceed(prediction, above_target_mmol_l))
        shell.complain("a level above 3.5 mmol/L is within the band at " + duration_text(*at - Instant{}) +
                       ": measure one before");
    shell.complain("an estimate, not a lab result; examine the patient: no number here is an all-clear");
}

// Of a woman whom the daemon watches, from what was recorded of her.
int predict_bed(Shell& shell, const std::string& bed)
{
    int code = ok;
    const auto answer = Client{shell}.get("/api/v1/beds/" + escaped(bed) + "/prediction", code);
    if (!answer) return code;
    if (shell.json) {
        shell.print(*answer);
        return ok;
    }
    if (answer->contains("because")) {
        shell.complain("no prediction for " + bed + ": " + cell((*answer)["because"]));
        return failed;
    }
    Table table{{"AT", "P5 mmol/L", "P50", "P95", "NOTE"}};
    for (const Json& point : (*answer)["points"]) {
        std::string note;
        for (const Json& reason : point.value("extrapolated_by", Json::array()))
            note += (note.empty() ? "extrapolated: " : ", ") + cell(reason);
        if (point["record_incomplete"] == true)
            note += std::string{note.empty() ? "" : "; "} + "infusion record incomplete";
        table.row({local_time(point["at"]), number(point["p5_mmol_l"], 2), number(point["p50_mmol_l"], 2),
                   number(point["p95_mmol_l"], 2), note.empty() ? "-" : note});
    }
    table.print();
    if ((*answer)["creatinine_assumed"] == true) shell.complain("no creatinine is recorded: 0.8 mg/dL was assumed");
    if (!(*answer)["take_level_before"].is_null())
        shell.complain("a level above 3.5 mmol/L is within the band at " +
                       local_time((*answer)["take_level_before"]) + ": measure one before");
    shell.complain("an estimate, not a lab result; examine the patient: no number here is an all-clear");
    return ok;
}

// Empty, or what is missing or too much.
std::string which(const Options& options)
{
    const bool plan = options.weight_kg > 0 || !options.infusion.empty() || !options.at.empty();
    if (!options.bed.empty()) return plan ? "give --bed or a plan, not both" : "";
    if (options.weight_kg <= 0) return "--weight-kg is required, above 0 (or --bed, for a watched bed)";
    if (options.infusion.empty()) return "--infusion is required (or --bed, for a watched bed)";
    return options.at.empty() ? "--at is required (or --bed, for a watched bed)" : "";
}

int run_predict(Shell& shell, const Options& options)
{
    Request request;
    std::string wrong = which(options);
    if (wrong.empty() && !options.bed.empty()) return predict_bed(shell, options.bed);
    if (wrong.empty()) wrong = read(options, request);
    if (wrong.empty()) {
        const auto made = forecast(request.model, request.woman, request.course, request.levels, request.times);
        if (const auto* prediction = std::get_if<Prediction>(&made)) {
            if (shell.json) print_json(shell, *prediction);
            else print_table(*prediction);
            tell(shell, request, *prediction);
            return ok;
        }
        wrong = std::get<std::string>(made);
    }
    shell.complain(wrong);
    return usage;
}

} // namespace

void add_predict(CLI::App& app, Shell& shell)
{
    const auto o = std::make_shared<Options>();
    CLI::App* command = leaf(app, shell, "predict", "estimate serum magnesium from what was given", Talks::yes,
                             [=, &shell] { return run_predict(shell, *o); });
    command
        ->add_option("--model", o->model,
                     "typical is the mean of salinger and two-compartment; or one of these, or easterling")
        ->check(CLI::IsMember{{"typical", "salinger", "two-compartment", "easterling"}})
        ->capture_default_str();
    command->add_option("--bed", o->bed, "of the woman in this watched bed, from what is recorded of her");
    command->add_option("--weight-kg", o->weight_kg, "body weight in kg");
    command->add_option("--creatinine-mg-dl", o->creatinine_mg_dl, "serum creatinine in mg/dL");
    command->add_option("--creatinine-umol-l", o->creatinine_umol_l, "or in umol/L");
    command->add_option("--infusion", o->infusion,
                        "what was given, in grams: 0s:4g/20min,20min:1g/h,6h:stop; into the muscle: 0s:5g im");
    command->add_option("--salt", o->salt, "if it is not magnesium sulfate heptahydrate")
        ->check(CLI::IsMember{{"sulfate_heptahydrate", "sulfate_anhydrous", "chloride_hexahydrate"}});
    command->add_option("--at", o->at, "for these times since the start: 20min,1h,2h");
    command->add_option("--level", o->levels,
                        "a measured level and when it was drawn: 6h:2.1mmol/L (or mg/dL, mEq/L); may be repeated");
    command->add_option("--rate-unknown-since", o->unknown_since, "from when nobody knows the rate of the infusion");
    command->add_flag("--low-urine", o->low_urine, "urine below the limit for 4 h: half the clearance");
    command->footer("P5 to P95: 90 of 100 measured levels are meant to lie between them, P25 to P75: half of them.\n"
                    "An estimate: it raises and clears no alarm. Levels drawn during or less than 30 min after a\n"
                    "bolus are not used. With --json one object for each time:\n"
                    "{\"time_s\":1200,\"p5_mmol_l\":1.12,\"p25_mmol_l\":1.40,\"p50_mmol_l\":1.63,\n"
                    "\"p75_mmol_l\":1.90,\"p95_mmol_l\":2.37,\"extrapolated\":false}.\n"
                    "Models, sources and limits: docs/PREDICTION.md");
}

} // namespace magwatch::cli
