// What `magwatch config init` was told, by flags, a file of answers or questions, and what it comes to.
//
// Pure; not thread-safe. The words of a flag are judged here only as far as their form goes: whether they make a good
// configuration is for the daemon's own reader to say.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace magwatch::cli::init
{

// As they were said: each name is that of the flag and of the key in a file of answers.
struct Answers {
    std::string ward, label, mode, phone, emergency_number;
    std::vector<std::string> bed, person, gateway, roster, device, hl7, hl7_bed, hl7_allow;
    std::string hl7_zone, hl7_listen;
    std::string mail_from, mail_user;
    std::string pcd04_id;     // the EUI-64 by which alarm managers know this machine
    bool pcd04_plain = false; // they are elsewhere, and nothing on the way encrypts
    std::string pack, protocol, answer_url, listen, socket, state_directory, secrets;
};

struct Bed {
    std::string alias, place;
};
struct ChannelPlan {
    std::string kind, gateway; // "" = none is needed
    std::string to;            // address, number, topic
};
struct PersonPlan {
    std::string name, role;
    std::vector<ChannelPlan> channels;
};
struct ShiftPlan {
    std::string person, from, to; // "08:00"
};
struct RosterPlan {
    std::string name; // of a role whose people take turns
    std::vector<ShiftPlan> shifts;
};
struct GatewayPlan {
    std::string kind, name, address;
};
// "bed", "host", "map" and so on, as they stand in [[modbus]].
using DevicePlan = std::vector<std::pair<std::string, std::string>>;

// A sender of HL7 messages: "name", "application", "facility", "zone", ...; how it names beds, and which one that is.
struct SenderPlan {
    DevicePlan keys;
    std::vector<std::pair<std::string, std::string>> beds;
};

struct Plan {
    Answers said; // with its defaults filled in
    std::vector<Bed> beds;
    std::vector<PersonPlan> people;
    std::vector<GatewayPlan> gateways;
    std::vector<DevicePlan> devices;
    std::vector<SenderPlan> senders;
    std::vector<RosterPlan> rosters;
};

// One flag's value; nothing with `mistake` set if it has no such form.
[[nodiscard]] std::vector<Bed> parse_beds(std::string_view text, std::string_view label, std::string& mistake);
[[nodiscard]] std::optional<PersonPlan> parse_person(std::string_view text, std::string& mistake);
[[nodiscard]] std::optional<GatewayPlan> parse_gateway(std::string_view text, std::string& mistake);
[[nodiscard]] std::optional<DevicePlan> parse_device(std::string_view text, std::string& mistake);
[[nodiscard]] std::optional<SenderPlan> parse_hl7(std::string_view text, std::string& mistake);
[[nodiscard]] std::optional<RosterPlan> parse_roster(std::string_view text, std::string& mistake);

// The whole; mistakes are added, each with the flag it is about.
[[nodiscard]] Plan plan_of(Answers answers, std::vector<std::string>& mistakes);
// The flags without which there is nothing to write, in words: "--bed ALIAS=PLACE, ...".
[[nodiscard]] std::vector<std::string> missing(const Answers& answers);

// A file of answers (TOML), into what no flag has said; mistakes as file:line:column.
void read_answers(const std::string& name, std::string text, Answers& answers, std::vector<std::string>& mistakes);

} // namespace magwatch::cli::init
