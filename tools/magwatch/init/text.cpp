#include "tools/magwatch/init/text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "daemon/config/config_reader.hpp"

namespace magwatch::cli::init
{
namespace
{

constexpr const char* head =
    R"(# magwatch: what this ward PC watches, and whom it tells. Written by `magwatch config init`; yours to edit.
#
#   magwatch config check FILE     names every mistake; run it before a reload
#   systemctl reload magwatchd     takes the file into force, all or nothing
#   man magwatch.toml              every key
#   magwatch doctor                what is wrong with the whole installation
#
# magwatch is a second alarm system: the bedside monitor's own alarms stay primary.

)";

void line(std::string& out, const char* key, std::string_view value, const char* comment = "")
{
    if (value.empty()) return;
    out += fmt::format("{} = {}", key, quoted(value));
    if (*comment != '\0') out += fmt::format("  # {}", comment);
    out += '\n';
}

bool is_number(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Where a secret is: systemd gives it, unless a folder was named.
std::string secret(const Plan& plan, const std::string& name)
{
    const std::string& folder = plan.said.secrets;
    return folder.empty() ? "credential:" + name : "file:" + folder + "/" + name;
}

void ward(std::string& out, const Plan& plan)
{
    const Answers& said = plan.said;
    out += "[ward]\n";
    line(out, "name", said.ward, "stands in metrics and logs");
    line(out, "label", said.label, "what screens show");
    line(out, "mode", said.mode, said.mode == "ward" ? "" : "SIMULATION: not for patients");
    if (said.phone.empty()) out += "# phone = \"4471\"  # what a page asks to ring back; at most 16 characters\n";
    line(out, "phone", said.phone, "what a page asks to ring back");
    line(out, "emergency_number", said.emergency_number);
    out += "\n# A bed's alias is its identity across reloads: never give it to another bed. `place` is how a page "
           "names it.\n"
           "# Nobody is watched until `magwatch watch start ALIAS --person WHO`.\n";
    for (const Bed& bed : plan.beds) {
        out += "[[bed]]\n";
        line(out, "alias", bed.alias);
        line(out, "place", bed.place);
    }
}

void sender(std::string& out, const Plan& plan, const SenderPlan& one)
{
    out += "[[hl7.source]]\n";
    std::string zone = plan.said.hl7_zone;
    for (const auto& [key, value] : one.keys) {
        if (key == "zone") zone = value;
        else line(out, key.c_str(), value);
    }
    if (zone.empty()) out += "# zone = \"GMT0BST,M3.5.0/1,M10.5.0\"  # of its times without offset; without: UTC\n";
    line(out, "zone", zone, "of its times without offset");
    if (one.beds.empty()) return;
    out += "[hl7.source.beds]  # how it names a bed, and which one that is\n";
    for (const auto& [theirs, alias] : one.beds) out += fmt::format("{} = {}\n", quoted(theirs), quoted(alias));
}

void devices(std::string& out, const Plan& plan)
{
    if (plan.devices.empty() && plan.senders.empty())
        out += "\n# No device: these beds rely on what is charted. Monitors and pumps: man magwatch.toml, [[modbus]] "
               "and [hl7].\n";
    if (!plan.devices.empty())
        out += "\n# Maps are relative to this file. Until a map is commissioned against the device's own screen, its "
               "values are\n"
               "# \"unverified\" and the bed relies on charted checks: docs/devices.\n";
    std::size_t number = 0;
    for (const DevicePlan& device : plan.devices) {
        const bool named =
            std::any_of(device.begin(), device.end(), [](const auto& pair) { return pair.first == "name"; });
        out += "[[modbus]]\n";
        ++number;
        if (!named) line(out, "name", fmt::format("device-{}", number));
        for (const auto& [key, value] : device) {
            const bool figure = key == "port" || key == "unit" || key == "baud" || key == "stop_bits";
            if (figure && is_number(value)) out += fmt::format("{} = {}\n", key, value);
            else line(out, key.c_str(), value);
        }
    }
    if (plan.senders.empty()) return;
    out += "\n# A gateway or laboratory that sends HL7 v2 over MLLP, which has neither encryption nor identity: "
           "elsewhere than on\n"
           "# loopback `allow_from` lists who may connect.\n[hl7]\n";
    line(out, "listen", plan.said.hl7_listen);
    if (!plan.said.hl7_allow.empty()) {
        out += "allow_from = [";
        for (std::size_t i = 0; i < plan.said.hl7_allow.size(); ++i)
            out += (i == 0 ? "" : ", ") + quoted(plan.said.hl7_allow[i]);
        out += "]\n";
    }
    for (const SenderPlan& one : plan.senders) sender(out, plan, one);
}

void channel(std::string& out, const Plan& plan, const PersonPlan& person, const ChannelPlan& one, std::size_t index)
{
    out += fmt::format("  {{ kind = {}", quoted(one.kind));
    if (one.kind == "webhook") {
        const std::string name =
            fmt::format("webhook-{}{}", person.name, index == 0 ? "" : fmt::format("-{}", index + 1));
        out += fmt::format(", url = {}, secret = {}", quoted(one.to), quoted(secret(plan, name)));
    } else {
        if (!one.gateway.empty()) out += fmt::format(", gateway = {}", quoted(one.gateway));
        const char* key = one.kind == "ntfy"   ? "topic"
                          : one.kind == "snpp" ? "pager"
                          : one.kind == "wctp" ? "recipient"
                                               : "to";
        if (!one.to.empty()) out += fmt::format(", {} = {}", key, quoted(one.to));
    }
    out += " },\n";
}

bool in_turns(const Plan& plan, const std::string& role)
{
    return std::any_of(plan.rosters.begin(), plan.rosters.end(),
                       [&](const RosterPlan& roster) { return roster.name == role; });
}

// People who take turns have no role of their own: the rung names the roster.
void rosters(std::string& out, const Plan& plan)
{
    if (plan.rosters.empty()) return;
    out += "\n# Who has a duty when, by this machine's clocks; days and holidays: man magwatch.toml, [[roster]].\n";
    for (const RosterPlan& roster : plan.rosters) {
        out += "[[roster]]\n";
        line(out, "name", roster.name);
        line(out, "last_resort", roster.shifts.front().person, "who has it when nobody else does");
        for (const ShiftPlan& shift : roster.shifts) {
            out += "[[roster.shift]]\n";
            line(out, "person", shift.person);
            line(out, "from", shift.from);
            line(out, "to", shift.to);
        }
    }
}

void people(std::string& out, const Plan& plan)
{
    out +=
        "\n# People are roles or badges, never names. Channels are used in their order, the next one when one fails.\n"
        "# Try each after every change: magwatch page test --to WHO --person YOU\n";
    for (const PersonPlan& person : plan.people) {
        out += "[[person]]\n";
        line(out, "name", person.name);
        if (!in_turns(plan, person.role)) line(out, "role", person.role);
        out += "channels = [\n";
        for (std::size_t i = 0; i < person.channels.size(); ++i) channel(out, plan, person, person.channels[i], i);
        out += "]\n";
    }
    std::vector<std::string> roles;
    for (const PersonPlan& person : plan.people)
        if (std::find(roles.begin(), roles.end(), person.role) == roles.end()) roles.push_back(person.role);
    rosters(out, plan);
    out += "\n# Who is told next while nobody is at the bed. The last rung repeats until somebody comes. Medium and "
           "technical\n"
           "# alarms climb the same ladder unless they have their own; rosters, quiet hours: docs/ESCALATION.md.\n"
           "[escalation.high]\nrungs = [";
    for (std::size_t i = 0; i < roles.size(); ++i) out += (i == 0 ? "[" : ", [") + quoted(roles[i]) + "]";
    out += "]\nwait = \"60 s\"  # for each rung\n";
}

std::pair<std::string, std::string> host_and_port(const std::string& address)
{
    const std::size_t colon = address.rfind(':');
    if (colon == std::string::npos || !is_number(address.substr(colon + 1))) return {address, ""};
    return {address.substr(0, colon), address.substr(colon + 1)};
}

void destination(std::string& out, const std::string& address)
{
    const auto [host, port] = host_and_port(address);
    line(out, "host", host);
    if (!port.empty()) out += fmt::format("port = {}\n", port);
}

bool stays_here(const std::string& url)
{
    const std::size_t scheme = url.find("://");
    const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
    return is_loopback(host_and_port(rest.substr(0, rest.find('/'))).first);
}

void gateway(std::string& out, const Plan& plan, const GatewayPlan& one)
{
    if (one.kind == "smtp") {
        out += "[pager.smtp]\n";
        destination(out, one.address);
        line(out, "from", plan.said.mail_from);
        if (stays_here(one.address)) out += "starttls = false  # towards this machine alone\n";
        line(out, "user", plan.said.mail_user);
        if (!plan.said.mail_user.empty()) line(out, "password", secret(plan, "smtp"));
        return;
    }
    out += fmt::format("[[pager.{}]]\n", one.kind);
    line(out, "name", one.name);
    if (one.kind == "snpp") return destination(out, one.address);
    if (one.kind == "pcd04") {
        destination(out, one.address);
        line(out, "system_id", plan.said.pcd04_id, "EUI-64 of this machine");
        if (plan.said.pcd04_plain) out += "allow_plain = true  # nothing on the way encrypts\n";
        return;
    }
    if (one.kind == "alertmanager") {
        out += fmt::format("urls = [{}]  # every member of the cluster\n", quoted(one.address));
        return;
    }
    line(out, "url", one.address);
    if (one.kind == "wctp") line(out, "sender", plan.said.ward, "who we are to the carrier");
    if (one.kind == "sms") {
        out += "# Gateways differ: give the request as yours wants it (docs/OPERATIONS.md, Channels). {to}, {text} and "
               "{secret}\n"
               "# are put in; `user` with `secret` is HTTP basic instead of the header.\n"
               "format = \"form\"\nfields = { To = \"{to}\", Body = \"{text}\" }\n"
               "headers = { Authorization = \"Bearer {secret}\" }\n";
    }
    if (one.kind == "sms" || !stays_here(one.address)) line(out, "secret", secret(plan, one.kind + "-" + one.name));
}

void pager(std::string& out, const Plan& plan)
{
    if (!plan.said.answer_url.empty()) {
        out += "\n[pager]\n";
        line(out, "answer_url", plan.said.answer_url, "where the links in pages lead");
    }
    if (!plan.gateways.empty()) out += "\n";
    for (const GatewayPlan& one : plan.gateways) gateway(out, plan, one);
}

void rules(std::string& out, const Plan& plan)
{
    const bool patients = plan.said.mode == "ward";
    out += patients ? "\n# The site's profile, signed off by its clinical safety lead: man magwatch-rules.\n" : "\n";
    out += "[rules]\n";
    line(out, "pack", plan.said.pack);
    out += patients ? "\n# The site's calcium gluconate checklist, approved: docs/PROTOCOL.md.\n"
                    : "\n# EXAMPLE: in a demonstration alone.\n";
    out += "[protocol]\n";
    line(out, "file", plan.said.protocol);
    out += "\n[http]\n";
    line(out, "listen", plan.said.listen, "loopback only");
    line(out, "socket", plan.said.socket);
    if (!plan.said.state_directory.empty()) {
        out += "\n[journal]\n";
        line(out, "directory", plan.said.state_directory);
    }
    out += "\n# Rings elsewhere when this whole PC is gone: magwatch-deadman on another one (docs/OPERATIONS.md, "
           "Outside watch).\n"
           "# [[heartbeat]]\n# name = \"second-ward\"\n# kind = \"webhook\"\n# url = "
           "\"https://watch.example:8600/heartbeat\"\n"
           "# secret = \"credential:heartbeat\"\n";
}

} // namespace

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            out += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else out += c;
    }
    return out + '"';
}

std::string config_text(const Plan& plan)
{
    std::string out = head;
    ward(out, plan);
    devices(out, plan);
    people(out, plan);
    pager(out, plan);
    rules(out, plan);
    return out;
}

} // namespace magwatch::cli::init
