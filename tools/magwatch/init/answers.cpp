#include "tools/magwatch/init/answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "runtime/toml_reader.hpp"
#include "tools/magwatch/installation.hpp"

namespace magwatch::cli::init
{
namespace
{

constexpr std::array<std::string_view, 8> channel_kinds{"webhook", "sms",          "smtp", "ntfy",
                                                        "snpp",    "alertmanager", "wctp", "pcd04"};
constexpr std::array<std::string_view, 7> gateway_kinds{"sms", "smtp", "ntfy", "snpp", "alertmanager", "wctp", "pcd04"};
constexpr const char* person_form = "NAME:ROLE:CHANNEL, such as midwife-1:bedside:sms=+447700900123";
constexpr const char* roster_form = "ROLE=PERSON@FROM-TO,..., such as doctor=dr-1@08:00-20:00,dr-2@20:00-08:00";
constexpr const char* gateway_form =
    "KIND:NAME=ADDRESS, such as sms:city=https://sms.example/messages or smtp=mail.example:587";

template <class Kinds> bool is_one_of(const Kinds& kinds, std::string_view kind)
{
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

std::pair<std::string_view, std::string_view> cut(std::string_view text, char at)
{
    const std::size_t place = text.find(at);
    if (place == std::string_view::npos) return {text, {}};
    return {text.substr(0, place), text.substr(place + 1)};
}

// A comma begins the next part only before one of these words and '=': addresses may hold commas.
template <class Words> std::vector<std::string_view> parts_of(std::string_view text, const Words& words)
{
    std::vector<std::string_view> parts;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != ',') continue;
        const std::string_view word = text.substr(i + 1, text.find_first_of(",=", i + 1) - i - 1);
        if (!is_one_of(words, word)) continue;
        parts.push_back(text.substr(begin, i - begin));
        begin = i + 1;
    }
    parts.push_back(text.substr(begin));
    return parts;
}

// "bed-3" of "Ward L4" is called "Ward L4 Bed 3", where a page has room for it.
std::string place_of(std::string_view alias, std::string_view label)
{
    constexpr std::size_t room = 28; // place_max of a page
    std::string name{alias};
    std::replace(name.begin(), name.end(), '-', ' ');
    if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
    const std::string whole = label.empty() ? name : std::string{label} + " " + name;
    return whole.size() <= room ? whole : name;
}

// "key=value,key=value" of these keys.
std::optional<DevicePlan> pairs_of(std::string_view text, const std::vector<std::string_view>& keys,
                                   std::string& mistake)
{
    DevicePlan plan;
    std::set<std::string_view> seen;
    for (const std::string_view part : parts_of(text, keys)) {
        const auto [key, value] = cut(part, '=');
        // Behind a comma stands no key that is known; a zone has commas of its own.
        const bool another = key != "zone" && value.find(',') != std::string_view::npos;
        if (!is_one_of(keys, key) || value.empty() || another)
            mistake = fmt::format("'{}' is none of {} with '=' and a value", part, fmt::join(keys, ", "));
        else if (!seen.insert(key).second)
            mistake = fmt::format("'{}' stands there twice", key);
        if (!mistake.empty()) return std::nullopt;
        plan.emplace_back(key, value);
    }
    return plan;
}

std::optional<ChannelPlan> parse_channel(std::string_view text, std::string& mistake)
{
    const auto [kind, address] = cut(text, '=');
    ChannelPlan channel{std::string{kind}, "", std::string{address}};
    if (!is_one_of(channel_kinds, kind)) {
        mistake = fmt::format("'{}' is no channel: one of {}, with '=' and its address", text,
                              fmt::join(channel_kinds, ", "));
        return std::nullopt;
    }
    if (kind == "alertmanager" || kind == "pcd04") {
        channel.gateway = address;
        channel.to.clear();
        return channel;
    }
    if (address.empty()) {
        mistake = fmt::format("'{}' says to nobody: {}=ADDRESS", text, kind);
        return std::nullopt;
    }
    const bool by_gateway = kind == "sms" || kind == "ntfy" || kind == "snpp" || kind == "wctp";
    const std::size_t slash = address.find('/');
    if (by_gateway && slash != std::string_view::npos) {
        channel.gateway = address.substr(0, slash);
        channel.to = address.substr(slash + 1);
    }
    return channel;
}

bool needs_gateway(const std::string& kind)
{
    return is_one_of(gateway_kinds, kind);
}

// The only gateway of a kind is meant by whoever names none.
void join_gateways(Plan& plan, std::vector<std::string>& mistakes)
{
    std::set<std::string> told;
    for (PersonPlan& person : plan.people) {
        for (ChannelPlan& channel : person.channels) {
            if (!needs_gateway(channel.kind)) continue;
            std::vector<const GatewayPlan*> of_kind;
            for (const GatewayPlan& gateway : plan.gateways)
                if (gateway.kind == channel.kind) of_kind.push_back(&gateway);
            if (of_kind.empty() && told.insert(channel.kind).second) {
                const std::string name = channel.kind == "smtp" ? "" : ":NAME";
                mistakes.push_back(fmt::format("--gateway {}{}=ADDRESS is missing: '{}' is reached by {}", channel.kind,
                                               name, person.name, channel.kind));
            }
            if (channel.kind == "smtp" || !channel.gateway.empty() || of_kind.empty()) continue;
            if (of_kind.size() > 1)
                mistakes.push_back(fmt::format("--person {}: which {} gateway? write {}=GATEWAY/{}", person.name,
                                               channel.kind, channel.kind, channel.to));
            channel.gateway = of_kind.front()->name;
        }
    }
}

// "SENDER:THEIR_NAME=ALIAS" is one sender's name of a bed, "THEIR_NAME=ALIAS" that of them all.
void name_beds(Plan& plan, std::vector<std::string>& mistakes)
{
    for (const std::string& text : plan.said.hl7_bed) {
        const auto [theirs, alias] = cut(text, '=');
        if (theirs.empty() || alias.empty()) {
            mistakes.push_back("--hl7-bed " + text + ": THEIR_NAME=ALIAS, or SENDER:THEIR_NAME=ALIAS");
            continue;
        }
        const auto [first, rest] = cut(theirs, ':');
        const std::pair name{std::string{"name"}, std::string{first}};
        const auto is_called = [&](const SenderPlan& sender) {
            return std::find(sender.keys.begin(), sender.keys.end(), name) != sender.keys.end();
        };
        const auto one = rest.empty() ? plan.senders.end()
                                      : std::find_if(plan.senders.begin(), plan.senders.end(), is_called);
        if (one != plan.senders.end()) one->beds.emplace_back(rest, alias);
        else
            for (SenderPlan& sender : plan.senders) sender.beds.emplace_back(theirs, alias);
    }
}

// A role whose people take turns has some, and each shift is one of theirs.
void take_turns(const Plan& plan, std::vector<std::string>& mistakes)
{
    for (const RosterPlan& roster : plan.rosters) {
        for (const ShiftPlan& shift : roster.shifts) {
            const auto is_theirs = [&](const PersonPlan& person) {
                return person.name == shift.person && person.role == roster.name;
            };
            if (std::none_of(plan.people.begin(), plan.people.end(), is_theirs))
                mistakes.push_back(fmt::format("--roster {}: there is no --person {}:{}:CHANNEL", roster.name,
                                               shift.person, roster.name));
        }
    }
}

template <class Parse, class Into>
void each(const char* flag, const std::vector<std::string>& texts, Parse parse, Into& into,
          std::vector<std::string>& mistakes)
{
    for (const std::string& text : texts) {
        std::string mistake;
        auto parsed = parse(text, mistake);
        if (mistake.empty() && parsed) into.push_back(std::move(*parsed));
        else mistakes.push_back(fmt::format("{} {}: {}", flag, text, mistake));
    }
}

void fill_in(Answers& said)
{
    if (said.mode.empty()) said.mode = "ward";
    const bool ward = said.mode == "ward";
    if (said.pack.empty()) said.pack = ward ? "packs/site.toml" : "example";
    // A bare word is one of the shipped packs.
    if (said.pack.find_first_of("/.") == std::string::npos)
        said.pack = (installed_packs() / (said.pack + ".toml")).string();
    if (said.protocol.empty())
        said.protocol = ward ? "site.protocol.toml" : (installed_protocols() / "example.protocol.toml").string();
    if (said.listen.empty()) said.listen = "127.0.0.1:8300";
    if (said.hl7_listen.empty()) said.hl7_listen = "127.0.0.1:2575";
}

} // namespace

std::vector<Bed> parse_beds(std::string_view text, std::string_view label, std::string& mistake)
{
    unsigned count = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    std::vector<Bed> beds;
    if (error == std::errc{} && rest == text.data() + text.size()) {
        constexpr unsigned most = 256;
        if (count == 0 || count > most) mistake = fmt::format("{} beds: 1 to {}", count, most);
        else
            for (unsigned i = 1; i <= count; ++i) {
                const std::string alias = fmt::format("bed-{}", i);
                beds.push_back({alias, place_of(alias, label)});
            }
        return beds;
    }
    const auto [alias, place] = cut(text, '=');
    if (alias.empty()) mistake = "ALIAS=PLACE, such as \"bed-1=Ward L4 Bed 1\"";
    else beds.push_back({std::string{alias}, place.empty() ? place_of(alias, label) : std::string{place}});
    return beds;
}

std::optional<PersonPlan> parse_person(std::string_view text, std::string& mistake)
{
    const auto [name, rest] = cut(text, ':');
    const auto [role, channels] = cut(rest, ':');
    if (name.empty() || role.empty() || channels.empty()) {
        mistake = person_form;
        return std::nullopt;
    }
    PersonPlan person{std::string{name}, std::string{role}, {}};
    for (const std::string_view part : parts_of(channels, channel_kinds)) {
        auto channel = parse_channel(part, mistake);
        if (!channel) return std::nullopt;
        person.channels.push_back(std::move(*channel));
    }
    return person;
}

std::optional<GatewayPlan> parse_gateway(std::string_view text, std::string& mistake)
{
    const auto [what, address] = cut(text, '=');
    const auto [kind, name] = cut(what, ':');
    const bool mail = kind == "smtp";
    if (!is_one_of(gateway_kinds, kind) || address.empty() || name.empty() != mail) {
        mistake = gateway_form;
        return std::nullopt;
    }
    return GatewayPlan{std::string{kind}, std::string{name}, std::string{address}};
}

std::optional<DevicePlan> parse_device(std::string_view text, std::string& mistake)
{
    static const std::vector<std::string_view> keys{"name", "kind",   "bed",       "host", "port", "serial",
                                                    "baud", "parity", "stop_bits", "unit", "map"};
    auto plan = pairs_of(text, keys, mistake);
    if (!plan) return std::nullopt;
    const auto has = [&](std::string_view key) {
        return std::any_of(plan->begin(), plan->end(), [&](const auto& pair) { return pair.first == key; });
    };
    if (!has("bed") || !has("map") || has("host") == has("serial")) {
        mistake = "bed=BED,map=FILE and host=ADDRESS, or serial=/dev/...,baud=N,parity=none|even|odd,unit=N";
        return std::nullopt;
    }
    return plan;
}

std::optional<SenderPlan> parse_hl7(std::string_view text, std::string& mistake)
{
    static const std::vector<std::string_view> keys{"name", "application", "facility", "period", "zone"};
    auto pairs = pairs_of(text, keys, mistake);
    if (!pairs) return std::nullopt;
    return SenderPlan{std::move(*pairs), {}};
}

std::optional<RosterPlan> parse_roster(std::string_view text, std::string& mistake)
{
    const auto [role, shifts] = cut(text, '=');
    RosterPlan roster{std::string{role}, {}};
    for (std::string_view rest = shifts; !rest.empty();) {
        const auto [shift, others] = cut(rest, ',');
        rest = others;
        const auto [person, hours] = cut(shift, '@');
        const auto [from, to] = cut(hours, '-');
        if (person.empty() || from.empty() || to.empty()) mistake = roster_form;
        else roster.shifts.push_back({std::string{person}, std::string{from}, std::string{to}});
    }
    if (role.empty() || roster.shifts.empty()) mistake = roster_form;
    return roster;
}

Plan plan_of(Answers answers, std::vector<std::string>& mistakes)
{
    fill_in(answers);
    Plan plan;
    plan.said = std::move(answers);
    const Answers& said = plan.said;
    for (const std::string& text : said.bed) {
        std::string mistake;
        for (Bed& bed : parse_beds(text, said.label, mistake)) plan.beds.push_back(std::move(bed));
        if (!mistake.empty()) mistakes.push_back("--bed " + text + ": " + mistake);
    }
    each("--person", said.person, parse_person, plan.people, mistakes);
    each("--gateway", said.gateway, parse_gateway, plan.gateways, mistakes);
    each("--device", said.device, parse_device, plan.devices, mistakes);
    each("--hl7", said.hl7, parse_hl7, plan.senders, mistakes);
    each("--roster", said.roster, parse_roster, plan.rosters, mistakes);
    name_beds(plan, mistakes);
    take_turns(plan, mistakes);
    if (plan.senders.empty() && (!said.hl7_bed.empty() || !said.hl7_zone.empty() || !said.hl7_allow.empty()))
        mistakes.emplace_back("--hl7 name=NAME is missing: --hl7-bed, --hl7-zone and --hl7-allow belong to a sender");
    join_gateways(plan, mistakes);
    return plan;
}

std::vector<std::string> missing(const Answers& answers)
{
    std::vector<std::string> flags;
    if (answers.ward.empty()) flags.emplace_back("--ward NAME, such as l4");
    if (answers.bed.empty())
        flags.emplace_back("--bed ALIAS=PLACE, such as \"bed-1=Ward L4 Bed 1\", or a number of beds");
    if (answers.person.empty()) flags.emplace_back(std::string{"--person "} + person_form);
    const bool mails = std::any_of(answers.gateway.begin(), answers.gateway.end(),
                                   [](const std::string& text) { return text.starts_with("smtp="); });
    const bool managers = std::any_of(answers.gateway.begin(), answers.gateway.end(),
                                      [](const std::string& text) { return text.starts_with("pcd04:"); });
    if (managers && answers.pcd04_id.empty())
        flags.emplace_back("--pcd04-id EUI-64, by which the manager of --gateway pcd04 knows this machine");
    if (mails && answers.mail_from.empty()) flags.emplace_back("--mail-from ADDRESS, the sender of --gateway smtp");
    return flags;
}

void read_answers(const std::string& name, std::string text, Answers& answers, std::vector<std::string>& mistakes)
{
    TomlFile file{name, std::move(text)};
    const TomlTable root = file.root();
    const auto one = [&](const char* key, std::string& into) {
        const auto value = root.text(key);
        if (value && into.empty()) into = value->value;
    };
    const auto many = [&](const char* key, std::vector<std::string>& into) {
        const auto values = root.texts(key);
        const bool said = !into.empty();
        for (const TomlText& value : values.value_or(std::vector<TomlText>{}))
            if (!said) into.push_back(value.value);
    };
    one("ward", answers.ward);
    one("label", answers.label);
    one("mode", answers.mode);
    one("phone", answers.phone);
    one("emergency-number", answers.emergency_number);
    many("bed", answers.bed);
    many("person", answers.person);
    many("gateway", answers.gateway);
    many("device", answers.device);
    many("roster", answers.roster);
    many("hl7", answers.hl7);
    one("hl7-zone", answers.hl7_zone);
    one("hl7-listen", answers.hl7_listen);
    many("hl7-bed", answers.hl7_bed);
    many("hl7-allow", answers.hl7_allow);
    one("mail-from", answers.mail_from);
    one("mail-user", answers.mail_user);
    one("pcd04-id", answers.pcd04_id);
    if (const auto plain = root.boolean("pcd04-plain"); plain && *plain) answers.pcd04_plain = true;
    one("pack", answers.pack);
    one("protocol", answers.protocol);
    one("answer-url", answers.answer_url);
    one("listen", answers.listen);
    one("socket", answers.socket);
    one("state-directory", answers.state_directory);
    one("secrets", answers.secrets);
    for (const Diagnostic& mistake : file.finish()) mistakes.push_back(mistake.text());
}

} // namespace magwatch::cli::init
