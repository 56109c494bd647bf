#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "tools/magwatch/client.hpp"
#include "rules/observation/symptom.hpp"
#include "tools/magwatch/commands.hpp"
#include "tools/magwatch/facts.hpp"
#include "tools/magwatch/plan.hpp"

namespace magwatch::cli
{
namespace
{

// Everything that any kind of entry can be given; each kind declares what it takes.
struct Fields {
    std::string bed, person, key, at, since, drawn_at, unit, site, word, over, route, salt,
        concentration_unit, corrects, reason;
    double value = 0, second = 0;
    std::optional<double> ml_per_h, g_per_h, concentration;
    std::optional<int> grade;
    std::vector<std::string> symptoms, gone;
    bool none = false;
    FactOptions facts;
    ScreeningOptions screening;
    SessionOptions session;
};
using FieldsPtr = std::shared_ptr<Fields>;

// Adds a time of the command line to the body. False, and the reason said, if it is none.
bool put_time(const Shell& shell, Json& body, const char* name, const std::string& text)
{
    if (text.empty()) return true;
    const std::string time = read_time(text);
    if (time.empty()) {
        shell.complain("'" + text + "' is no time: give 02:14, or 2026-03-01T02:14:00Z");
        return false;
    }
    body[name] = time;
    return true;
}

class Entries
{
public:
    Entries(CLI::App& app, Shell& shell) : app_{app}, shell_{shell} {}

    // `fill` adds the kind's own fields; false: the command line was wrong, and that has been said.
    CLI::App* add(const char* kind, const char* help, const FieldsPtr& f,
                  std::function<bool(Json&)> fill)
    {
        Shell& shell = shell_;
        // Commands are written with hyphens: not-concerned.
        std::string command_name = kind;
        std::replace(command_name.begin(), command_name.end(), '_', '-');
        CLI::App* command =
            leaf(app_, shell_, command_name, help, Talks::yes, [&shell, f, kind, fill = std::move(fill)] {
                Json body{{"key", f->key.empty() ? fresh_key() : f->key},
                          {"bed", f->bed},
                          {"person", f->person},
                          {"kind", kind}};
                if (!f->corrects.empty()) body["corrects"] = f->corrects;
                if (!f->reason.empty()) body["reason"] = f->reason;
                const bool good = put_time(shell, body, "at", f->at) &&
                                  put_time(shell, body, "since", f->since) &&
                                  put_time(shell, body, "drawn_at", f->drawn_at) && fill(body);
                return good ? Client{shell}.post_entry("/api/v1/entries", body) : int{usage};
            });
        command->add_option("bed,--bed", f->bed, "alias of the bed, such as bed-3")->required();
        add_person(*command, f->person);
        command->add_option(
            "--key", f->key,
            "to repeat an entry without storing it twice: the key of the first try");
        const bool strike = std::string_view{kind} == "strike";
        CLI::Option* corrects = command->add_option(
            strike ? "id,--corrects" : "--corrects", f->corrects,
            "the entry of the chart that this one strikes through, such as 3-17 ('magwatch chart')");
        if (strike) corrects->required();
        if (std::string_view{kind} == "decision") return command;
        CLI::Option* reason = command->add_option("--reason", f->reason, "why it is corrected");
        if (strike) reason->required();
        else reason->needs(corrects);
        corrects->needs(reason);
        return command;
    }
    static CLI::Option* at(CLI::App* command, const FieldsPtr& f)
    {
        return command->add_option(
            "--at", f->at, "when it was seen or done, if not now: 02:14, or with date and zone");
    }
    static void drawn(CLI::App* command, const FieldsPtr& f)
    {
        command
            ->add_option("--drawn-at", f->drawn_at,
                         "when the sample was taken: 02:14, or with date and zone; of a correction only if it was "
                         "another time");
    }
    static void salt(CLI::App* command, const FieldsPtr& f)
    {
        command->add_option("--salt", f->salt, "if it is not magnesium sulfate heptahydrate")
            ->check(CLI::IsMember{
                {"sulfate_heptahydrate", "sulfate_anhydrous", "chloride_hexahydrate"}});
    }
    Shell& shell() { return shell_; }

private:
    CLI::App& app_;
    Shell& shell_;
};

void put_salt(Json& body, const FieldsPtr& f)
{
    if (!f->salt.empty()) body["salt"] = f->salt;
}

void add_signs(Entries& entries)
{
    auto f = std::make_shared<Fields>();
    CLI::App* c =
        entries.add("reflex", "a tendon reflex: 0 absent, 1 weak, 2 normal, 3 brisk, 4 clonus", f,
                    [f, &shell = entries.shell()](Json& body) {
                        if (!f->word.empty()) {
                            body["not_possible"] = f->word;
                            return true;
                        }
                        if (f->site.empty() || !f->grade) {
                            shell.complain("give --site and --grade, or --not-possible with the reason");
                            return false;
                        }
                        body["site"] = f->site;
                        body["value"] = *f->grade;
                        return true;
                    });
    CLI::Option* site = c->add_option("--site", f->site, "knee or arm")->check(CLI::IsMember{{"knee", "arm"}});
    CLI::Option* grade = c->add_option("--grade", f->grade, "0 to 4");
    c->add_option("--not-possible", f->word, "why no reflex can be tested: \"both legs in plaster\"")
        ->excludes(site)
        ->excludes(grade);
    Entries::at(c, f);

    f = std::make_shared<Fields>();
    c = entries.add("urine", "urine since the previous entry, or since a time", f, [f](Json& body) {
        body["value"] = f->value;
        body["unit"] = "mL";
        return true;
    });
    c->add_option("--ml", f->value, "volume in mL")->required();
    c->add_option("--since", f->since, "since when, if not since the previous entry");
    Entries::at(c, f);

    f = std::make_shared<Fields>();
    c = entries.add("avpu", "consciousness", f, [f](Json& body) {
        body["value"] = f->word;
        return true;
    });
    c->add_option("--value", f->word, "alert, voice, pain, unresponsive or confused")
        ->required()
        ->check(CLI::IsMember{{"alert", "voice", "pain", "unresponsive", "confused"}});
    Entries::at(c, f);

    f = std::make_shared<Fields>();
    c = entries.add("rr", "respiratory rate counted by hand", f, [f](Json& body) {
        body["value"] = f->value;
        body["unit"] = "/min";
        return true;
    });
    c->add_option("--per-min", f->value, "breaths a minute")->required();
    Entries::at(c, f);

    f = std::make_shared<Fields>();
    f->unit = "mmHg";
    c = entries.add("bp", "blood pressure by cuff", f, [f](Json& body) {
        body["systolic"] = {{"value", f->value}, {"unit", f->unit}};
        body["diastolic"] = {{"value", f->second}, {"unit", f->unit}};
        return true;
    });
    c->add_option("--systolic", f->value, "systolic pressure")->required();
    c->add_option("--diastolic", f->second, "diastolic pressure")->required();
    c->add_option("--unit", f->unit, "mmHg or kPa")->capture_default_str();
    Entries::at(c, f);
}

void add_laboratory(Entries& entries)
{
    struct Kind {
        const char *name, *help, *units;
    };
    constexpr Kind kinds[] = {
        {"level", "serum magnesium; the unit has no default", "mmol/L, mg/dL or mEq/L"},
        {"creatinine", "serum creatinine; the unit has no default", "umol/L or mg/dL"}};
    for (const Kind& kind : kinds) {
        const auto f = std::make_shared<Fields>();
        CLI::App* c = entries.add(kind.name, kind.help, f, [f, &shell = entries.shell()](Json& body) {
            if (f->drawn_at.empty() && f->corrects.empty()) {
                shell.complain("--drawn-at is required");
                return false;
            }
            body["value"] = f->value;
            body["unit"] = f->unit;
            if (!f->word.empty()) body["from_infusion_arm"] = f->word == "yes";
            return true;
        });
        if (std::string_view{kind.name} == "level")
            c->add_option("--infusion-arm", f->word, "drawn from the arm of the infusion: yes or no")
                ->check(CLI::IsMember{{"yes", "no"}});
        c->add_option("--value", f->value, "the number as reported")->required();
        c->add_option("--unit", f->unit, kind.units)->required();
        Entries::drawn(c, f);
    }
}

bool fill_infusion(const Shell& shell, const FieldsPtr& f, Json& body)
{
    put_salt(body, f);
    if (!f->word.empty()) body["second_person"] = f->word;
    if (f->g_per_h.has_value() == f->ml_per_h.has_value()) {
        shell.complain("give --g-per-h, or --ml-per-h with --concentration");
        return false;
    }
    if (f->g_per_h) {
        body["value"] = *f->g_per_h;
        body["unit"] = "g/h";
        return true;
    }
    if (!f->concentration) {
        shell.complain("--ml-per-h needs --concentration");
        return false;
    }
    body["value"] = *f->ml_per_h;
    body["unit"] = "mL/h";
    body["concentration"] = {{"value", *f->concentration}, {"unit", f->concentration_unit}};
    return true;
}

void add_magnesium(Entries& entries)
{
    Shell& shell = entries.shell();
    auto f = std::make_shared<Fields>();
    f->concentration_unit = "g/mL";
    CLI::App* c = entries.add("infusion", "the infusion runs at this rate from now on", f,
                              [f, &shell](Json& body) { return fill_infusion(shell, f, body); });
    c->add_option("--g-per-h", f->g_per_h, "rate in g/h");
    c->add_option("--ml-per-h", f->ml_per_h, "rate in mL/h, with --concentration");
    c->add_option("--concentration", f->concentration, "of the bag");
    c->add_option("--concentration-unit", f->concentration_unit, "g/mL or mg/mL")
        ->capture_default_str();
    c->add_option("--second", f->word, "who checked a change of the rate too: another person");
    Entries::salt(c, f);
    Entries::at(c, f);
    c->footer("Without --second a change of the rate counts all the same, and shows that the second check is missing.");

    f = std::make_shared<Fields>();
    c = entries.add("bolus", "a declared bolus or loading dose", f, [f, &shell](Json& body) {
        put_salt(body, f);
        double seconds = 0;
        if (!read_duration(f->over, seconds)) {
            shell.complain("'" + f->over + "' is no length of time: give 20min");
            return false;
        }
        body["value"] = f->value;
        body["unit"] = "g";
        body["over_seconds"] = seconds;
        return true;
    });
    c->add_option("--g", f->value, "dose in g")->required();
    c->add_option("--over", f->over, "time over which it is given, such as 20min")->required();
    Entries::salt(c, f);
    Entries::at(c, f);

    f = std::make_shared<Fields>();
    c = entries.add("stop", "the infusion was stopped at the pump (magwatch cannot stop a pump)", f,
                    [](Json&) { return true; });
    Entries::at(c, f);

    f = std::make_shared<Fields>();
    c = entries.add("dose", "an intramuscular dose", f, [f](Json& body) {
        put_salt(body, f);
        body["route"] = f->route;
        body["value"] = f->value;
        body["unit"] = "g";
        return true;
    });
    c->add_option("--route", f->route, "im")->required()->check(CLI::IsMember{{"im"}});
    c->add_option("--g", f->value, "dose in g")->required();
    Entries::salt(c, f);
    Entries::at(c, f);
}

void add_complaints(Entries& entries)
{
    auto f = std::make_shared<Fields>();
    CLI::App* c = entries.add("symptom", "what she complains of, by name", f, [f](Json& body) {
        if (!f->symptoms.empty()) body["symptoms"] = f->symptoms;
        if (!f->gone.empty()) body["gone"] = f->gone;
        if (f->none) body["none"] = true;
        return true;
    });
    c->add_option("--symptom", f->symptoms, "such as \"slurred speech\"; may be repeated");
    c->add_option("--gone", f->gone, "a symptom that is over; may be repeated");
    c->add_flag("--none", f->none, "she was asked and has none");
    Entries::at(c, f);
    std::string footer;
    for (const SymptomGroup group : {SymptomGroup::grave, SymptomGroup::examine, SymptomGroup::expected}) {
        footer += group == SymptomGroup::grave      ? "Stop and call:"
                  : group == SymptomGroup::examine ? "\nExamine reflexes and breathing now:"
                                                   : "\nExpected if alone:";
        for (const SymptomInfo& one : symptoms())
            if (one.group == group) footer += " " + std::string{one.name} + ",";
        footer.back() = '.';
    }
    c->footer(footer + "\nWhat was charted stays until it is said to be gone.");

    f = std::make_shared<Fields>();
    c = entries.add("sedation", "an opioid or sedative was given", f, [f](Json& body) {
        body["drug"] = f->word;
        return true;
    });
    c->add_option("--drug", f->word, "its name, such as morphine; never a dose")->required();
    Entries::at(c, f);

    f = std::make_shared<Fields>();
    c = entries.add("fit", "she had a fit", f, [](Json&) { return true; });
    Entries::at(c, f);

    for (const bool over : {false, true}) {
        f = std::make_shared<Fields>();
        c = entries.add(over ? "not_concerned" : "concerned",
                        over ? "somebody looked, and nobody is concerned any more"
                             : "somebody is concerned about her, whatever the numbers say: pages at once",
                        f, [f](Json& body) {
                            if (!f->word.empty()) body["note"] = f->word;
                            return true;
                        });
        c->add_option("--note", f->word, "what was seen");
        Entries::at(c, f);
    }

    f = std::make_shared<Fields>();
    entries.add("strike", "take an entry back without a new value: struck through, and shown", f,
                [](Json&) { return true; });

    f = std::make_shared<Fields>();
    c = entries.add("fact", "what is known of her changed: birth, epidural, ...", f, [f](Json& body) {
        body["facts"] = f->facts.json();
        return true;
    });
    f->facts.add(*c);
    Entries::at(c, f);
}

void add_plan(Entries& entries)
{
    Shell& shell = entries.shell();
    auto f = std::make_shared<Fields>();
    CLI::App* c = entries.add("screening", "answers to the questions before an infusion", f,
                              [f, &shell](Json& body) {
                                  f->screening.fill(body);
                                  if (f->screening.given()) return true;
                                  shell.complain("give --yes, --no, --unknown or --others");
                                  return false;
                              });
    f->screening.add(*c);
    c->footer(ScreeningOptions::questions());

    f = std::make_shared<Fields>();
    c = entries.add("decision", "a doctor decided to go on in spite of a warning", f,
                    [f](Json& body) {
                        body["about"] = f->word;
                        body["reason"] = f->route;
                        return true;
                    });
    c->add_option("--about", f->word, "a question, bag.potassium, setting, plan or salt")
        ->required();
    c->add_option("--reason", f->route, "why, and who decided")->required();

    f = std::make_shared<Fields>();
    c = entries.add("session", "the infusion as it is planned", f,
                    [f, &shell](Json& body) { return f->session.fill(shell, body); });
    f->session.add(*c, true);
    Entries::at(c, f);
}

} // namespace

void add_enter(CLI::App& app, Shell& shell)
{
    CLI::App* enter = group(app, "enter", "chart what was seen, measured or given");
    enter->footer("A time like 02:14 is the ward's local time, of the last 24 hours.");
    Entries entries{*enter, shell};
    add_signs(entries);
    add_laboratory(entries);
    add_magnesium(entries);
    add_complaints(entries);
    add_plan(entries);
    const auto f = std::make_shared<Fields>();
    CLI::App* check =
        leaf(*enter, shell, "second-check", "another person checked the newest rate", Talks::yes, [f, &shell] {
            return Client{shell}.post("/api/v1/beds/" + escaped(f->bed) + "/second-check", {{"person", f->person}});
        });
    check->add_option("bed,--bed", f->bed, "alias of the bed, such as bed-3")->required();
    add_person(*check, f->person);
}

} // namespace magwatch::cli
