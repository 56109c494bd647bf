// The demo's ward in virtual time: the simulated beds of tools/demo before the real core with the demo's own
// configuration and pack, hours in milliseconds. What must be paged is, in its order; what is well pages nobody.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "daemon/config/config_reader.hpp"
#include "rules/ward/ward.hpp"
#include "runtime/toml_reader.hpp"
#include "tools/simulator/simulation.hpp"

namespace magwatch {
namespace {

using namespace std::chrono_literals;
using simulator::SimulatedBed;
using simulator::Simulation;

std::string demo_file(const std::string& name)
{
    std::ifstream file{std::string{MAGWATCH_SOURCE_DIR} + "/tools/demo.d/" + name};
    return {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}};
}

Configuration demo_configuration()
{
    std::string text = demo_file("magwatch.toml.in");
    int port = 20000;
    for (std::size_t at; (at = text.find("_PORT")) != std::string::npos;) {
        const std::size_t begin = text.rfind('@', at), end = text.find('@', at);
        text.replace(begin, end - begin + 1, std::to_string(++port));
    }
    const std::pair<std::string, std::string> places[] = {
        {"@PACKS@", MAGWATCH_SOURCE_DIR "/rules/packs"},
        {"@PROTOCOLS@", MAGWATCH_SOURCE_DIR "/rules/protocol"},
        {"@MAPS@", MAGWATCH_SOURCE_DIR "/adapters/monitors/modbus/maps"},
        {"@RUN@", "/tmp/demo"}};
    for (const auto& [mark, place] : places)
        for (std::size_t at; (at = text.find(mark)) != std::string::npos;) text.replace(at, mark.size(), place);
    LoadedConfig loaded =
        parse_config(text, "/tmp/demo.toml", [](const std::string& path) { return read_text_file(path); });
    EXPECT_TRUE(loaded.config) << (loaded.errors.empty() ? "" : loaded.errors[0].text());
    for (SourceConfiguration& source : loaded.config->ward.sources) {
        if (source.kind == SourceKind::messages) continue;
        source.period = 1s; // as the maps of the simulated devices say
        source.liveness = true;
    }
    return loaded.config->ward;
}

class DemoWard {
public:
    explicit DemoWard(std::uint64_t seed)
        : simulation_{*simulator::parse_scenario(demo_file("scenario.toml"), "scenario.toml").scenario, seed}
    {
        const Configuration configuration = demo_configuration();
        for (const std::string& why : ward_.why_refused(configuration)) ADD_FAILURE() << why;
        step(configuration);
        step(Started{1, "boot", {}, true});
        for (const SimulatedBed& bed : simulation_.beds()) admit(bed);
    }

    // Lets time go by; the midwife goes round every 12 minutes, all beds one by one.
    void run(Duration length, bool rounds = true)
    {
        for (Duration done{}; done < length; done += 1s) {
            simulation_.step(1000);
            now_.steady = now_.steady + Duration{1s};
            now_.wall = now_.wall + Duration{1s};
            step(Tick{});
            for (const SimulatedBed& bed : simulation_.beds()) observe(bed);
            if (rounds && simulation_.now_ms() % 720'000 == 0) {
                for (const SimulatedBed& bed : simulation_.beds()) round(bed);
            }
        }
    }
    // Until something holds, or an hour is over.
    template <class Condition> bool run_until(Condition condition)
    {
        for (int s = 0; s < 3600; ++s) {
            if (condition()) return true;
            run(1s, false);
        }
        return condition();
    }
    void say(const std::string& command) { ASSERT_TRUE(simulation_.command(command).ok) << command; }
    void chart(const std::string& bed, Signal signal, double value)
    {
        Entry entry;
        entry.key = "k" + std::to_string(++keys_);
        entry.bed = *ward_.find_bed(bed);
        entry.person = "midwife";
        entry.at = now_.wall;
        entry.what = ValueEntry{signal, value};
        step(entry);
    }
    void act(const Action& action) { step(action); }

    [[nodiscard]] const SimulatedBed& bed(std::string_view id) const { return *simulation_.find(id); }
    [[nodiscard]] WardView view() const { return ward_.view(now_); }
    [[nodiscard]] std::vector<Page> pages(AlarmKind kind, std::string_view bed = "") const
    {
        std::vector<Page> out;
        for (const Page& page : pages_) {
            if (page.kind == kind && (bed.empty() || page.bed_alias == bed)) out.push_back(page);
        }
        return out;
    }
    [[nodiscard]] std::string told() const
    {
        std::string out;
        for (const Page& page : pages_) out += page_text(page, "02:14") + "\n";
        return out;
    }

private:
    void step(const Input& input)
    {
        EffectBuffer effects;
        ward_.step(now_, input, effects);
        for (const Effect& effect : effects) {
            if (const auto* send = std::get_if<SendPage>(&effect)) pages_.push_back(send->page);
            if (const auto* reply = std::get_if<Reply>(&effect)) {
                EXPECT_TRUE(reply->accepted) << reply->text;
            }
        }
    }
    void admit(const SimulatedBed& bed)
    {
        Action start;
        start.person = "midwife";
        start.request = 1;
        const bool epidural = bed.scenario.patient.epidural;
        start.what = WatchStart{*ward_.find_bed(bed.scenario.id),
                                {{Signal::weight, 70}, {Signal::epidural, epidural ? 1.0 : 0.0}},
                                true, true, true};
        step(start);
        step(Entry{"q" + bed.scenario.id, *ward_.find_bed(bed.scenario.id), "midwife", now_.wall,
                   ScreeningEntry{{}, ScreeningReply::no}, 4});
        if (!bed.scenario.pump) {
            Entry entry{"r" + bed.scenario.id, *ward_.find_bed(bed.scenario.id), "midwife", now_.wall,
                        InfusionRateEntry{1, {}}, 2};
            step(entry);
        }
        Entry urine{"u" + bed.scenario.id, *ward_.find_bed(bed.scenario.id), "midwife", now_.wall,
                    UrineEntry{240, now_.wall - Duration{4h}}, 3};
        step(urine);
        round(bed);
    }
    void round(const SimulatedBed& bed)
    {
        const auto& truth = bed.patient.truth();
        if (bed.scenario.patient.epidural) chart(bed.scenario.id, Signal::reflex_arm, truth.reflex_arm);
        chart(bed.scenario.id, Signal::reflex_knee, truth.reflex_knee);
        chart(bed.scenario.id, Signal::avpu, static_cast<double>(truth.avpu));
        Entry urine{"w" + std::to_string(++keys_), *ward_.find_bed(bed.scenario.id), "midwife", now_.wall,
                    UrineEntry{12, {}}, 3};
        if (simulation_.now_ms() > 0) step(urine);
    }
    void number(const SimulatedBed& bed, std::string_view source, Signal signal, const std::optional<int>& value)
    {
        Observation o;
        o.bed = *ward_.find_bed(bed.scenario.id);
        o.source = *ward_.find_source(source);
        o.signal = signal;
        o.observed = now_.wall;
        o.validity = value && *value > 0 ? Validity::valid : Validity::not_available;
        if (value && *value == 0) o.validity = Validity::invalid; // outside what a patient can have
        o.value = value.value_or(0);
        step(o);
    }
    void observe(const SimulatedBed& bed)
    {
        const bool messages = bed.scenario.link == simulator::Link::hl7;
        const std::string source =
            messages ? "gateway" : "monitor-" + bed.scenario.id.substr(bed.scenario.id.size() - 1);
        const auto& shown = bed.monitor.shown();
        if (!bed.unplugged && (!messages || simulation_.now_ms() % 5000 == 0)) {
            number(bed, source, Signal::hr, shown.hr);
            number(bed, source, Signal::rr, shown.rr);
            number(bed, source, Signal::spo2, shown.spo2);
            number(bed, source, Signal::pulse, shown.pulse);
            if (shown.cuff) number(bed, source, Signal::sbp, shown.cuff->sbp);
            if (!messages) number(bed, source, Signal::liveness, bed.monitor.input()[8]);
        }
        if (!bed.scenario.pump) return;
        number(bed, "pump-3", Signal::liveness, bed.pump.input()[6]);
        Observation flow{*ward_.find_bed(bed.scenario.id), *ward_.find_source("pump-3"), Signal::pump_flow,
                         Validity::valid, Origin::device, bed.pump.flow_ml_h(), now_.wall};
        step(flow);
        flow.signal = Signal::pump_concentration;
        flow.value = bed.scenario.pump->concentration_g_ml;
        step(flow);
    }

    Simulation simulation_;
    Ward ward_;
    Moment now_{Instant{1000}, WallTime{1'767'262'500'000}};
    std::vector<Page> pages_;
    int keys_ = 0;
};

bool about_a_lost_signal(const Page& page)
{
    return page.words.at(0).starts_with("CHECK BREATHING NOW") || page.words.at(0).starts_with("Breathing signal lost");
}

// Monitors drop the breathing rate twice an hour, for up to 26 s (signals.md 3), and beyond 20 s somebody is
// sent to look. Nothing else may call anybody to a body that is well, and that not often.
TEST(DemoWard, QuietBedsPageNobodyButForLostSignals)
{
    int looks = 0;
    constexpr int seeds = 5, hours = 3, beds = 6;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        DemoWard ward{seed};
        ward.run(std::chrono::hours{hours});
        for (const Page& page : ward.pages(AlarmKind::physiological)) {
            EXPECT_TRUE(about_a_lost_signal(page)) << "seed " << seed << ": " << page_text(page, "02:14");
            if (page.reason == PageReason::first) ++looks;
        }
    }
    EXPECT_LE(looks, seeds * hours * beds / 3) << "once in three hours at a bed";
}

// What tools/demo shows must not depend on luck.
TEST(DemoWard, TheDemosOwnSeedStaysQuietForTenMinutes)
{
    DemoWard ward{20};
    ward.run(10min);
    EXPECT_TRUE(ward.told().empty()) << ward.told();
}

TEST(DemoWard, TheStoryPagesInItsOrderAndOnlyForTheToxicBed)
{
    DemoWard ward{20};
    ward.run(10s);
    EXPECT_TRUE(ward.told().empty()) << ward.told();

    ward.say("flow bed-3 300");
    const auto paged = [&] { return ward.pages(AlarmKind::physiological, "bed-3"); };
    ward.run(10s);
    ASSERT_FALSE(paged().empty()) << "the dose rule pages within seconds";
    EXPECT_EQ(paged()[0].words.at(0), "INFUSION TOO FAST");
    EXPECT_EQ(ward.bed("bed-3").patient.truth().reflex_knee, 2) << "before any sign";

    ward.say("speed 120");
    for (const int grade : {1, 0}) {
        ASSERT_TRUE(ward.run_until([&] { return ward.bed("bed-3").holding; }));
        EXPECT_EQ(ward.bed("bed-3").patient.truth().reflex_knee, grade);
        const std::size_t before = paged().size();
        ward.chart("bed-3", Signal::reflex_knee, grade);
        if (grade == 0) {
            EXPECT_GT(paged().size(), before) << "a lost reflex rings on arrival";
        }
        ward.say("go bed-3");
    }
    EXPECT_EQ(paged().back().grade, 1);
    ASSERT_TRUE(ward.run_until([&] { return ward.bed("bed-3").holding; }));
    ASSERT_TRUE(ward.run_until([&] { return paged().back().grade == 2; }));
    EXPECT_NE(page_text(paged().back(), "02:14").find("calcium gluconate"), std::string::npos);

    // Accepted is not attended, and neither cures anything.
    const auto call = [&] {
        for (const CallView& c : ward.view().calls) {
            if (c.bed == "bed-3" && c.kind == AlarmKind::physiological) return c;
        }
        return CallView{};
    };
    const std::size_t open = ward.view().episodes.size();
    ward.act({"obstetrician", Answer{call().id, AnswerKind::coming}, 4});
    EXPECT_EQ(call().state, CallState::accepted);
    EXPECT_TRUE(call().sounding);
    ward.act({"obstetrician", Answer{call().id, AnswerKind::here}, 5});
    EXPECT_EQ(call().state, CallState::attended);
    EXPECT_FALSE(call().sounding);
    EXPECT_EQ(ward.view().episodes.size(), open);

    ward.say("stop-pump bed-3");
    ward.say("go bed-3");
    ward.say("unplug bed-1");
    ward.say("freeze bed-2");
    ward.run(90s);
    EXPECT_GE(ward.bed("bed-3").patient.truth().rr, 12) << "recovers by physiology";
    EXPECT_FALSE(ward.pages(AlarmKind::technical, "bed-1").empty()) << "no silent gap";
    EXPECT_FALSE(ward.pages(AlarmKind::technical, "bed-2").empty()) << "no silent gap";
    for (const char* bed : {"bed-4", "bed-5", "bed-6"})
        EXPECT_TRUE(ward.pages(AlarmKind::physiological, bed).empty()) << bed << "\n" << ward.told();
    for (const char* bed : {"bed-1", "bed-2"}) {
        for (const Page& page : ward.pages(AlarmKind::physiological, bed))
            EXPECT_TRUE(about_a_lost_signal(page)) << page_text(page, "02:14");
    }
}

} // namespace
} // namespace magwatch
