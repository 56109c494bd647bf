#include "tools/magwatch/init/questions.hpp"

#include <algorithm>
#include <cstdio>

namespace magwatch::cli::init
{
namespace
{

std::string trimmed(std::string text)
{
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r' || text.back() == '\t')) text.pop_back();
    text.erase(0, text.find_first_not_of(" \t"));
    return text;
}

class Interview
{
public:
    explicit Interview(const ReadLine& read) : read_{read} {}
    [[nodiscard]] bool ended() const { return ended_; }

    // One line; `standard` if it is empty.
    std::string line(const std::string& question, const std::string& standard = "")
    {
        if (ended_) return standard;
        const std::string hint = standard.empty() ? "" : " [" + standard + "]";
        std::fprintf(stderr, "%s%s: ", question.c_str(), hint.c_str());
        const auto answer = read_();
        if (!answer) {
            ended_ = true;
            return standard;
        }
        std::string text = trimmed(*answer);
        return text.empty() ? standard : text;
    }

    void needed(const std::string& question, std::string& into)
    {
        while (into.empty() && !ended_) into = line(question);
    }

    void optional(const std::string& question, std::string& into, const std::string& standard = "")
    {
        if (into.empty()) into = line(question, standard);
    }

    // Lines until an empty one; each must have the form that `parse` knows.
    template <class Parse>
    void several(const std::string& question, bool at_least_one, std::vector<std::string>& into, Parse parse)
    {
        if (!into.empty()) return;
        while (!ended_) {
            const std::string text = line(into.empty() ? question : "  and another (empty: no more)");
            if (text.empty() && (!at_least_one || !into.empty())) return;
            if (text.empty()) continue;
            std::string mistake;
            parse(text, mistake);
            if (mistake.empty()) into.push_back(text);
            else std::fprintf(stderr, "  %s\n", mistake.c_str());
        }
    }

private:
    const ReadLine& read_;
    bool ended_ = false;
};

bool reaches_by(const Answers& answers, const std::string& kind)
{
    return std::any_of(answers.person.begin(), answers.person.end(), [&](const std::string& text) {
        std::string mistake;
        const auto person = parse_person(text, mistake);
        return person && std::any_of(person->channels.begin(), person->channels.end(),
                                     [&](const ChannelPlan& channel) { return channel.kind == kind; });
    });
}

// The gateways that those people's channels go through.
void ask_gateways(Answers& answers, Interview& interview)
{
    const auto have = [&](const std::string& kind) {
        return std::any_of(answers.gateway.begin(), answers.gateway.end(),
                           [&](const std::string& text) { return text.starts_with(kind); });
    };
    for (const auto& [kind, question] :
         {std::pair{"sms", "SMS gateway's address for messages, such as https://sms.example/messages"},
          {"ntfy", "ntfy server's address, such as https://ntfy.ward.example"},
          {"snpp", "SNPP gateway, such as snpp.example:444"},
          {"wctp", "WCTP carrier's address, such as https://wctp.example/wctp"},
          {"pcd04", "IHE alarm manager, such as 127.0.0.1:2577"},
          {"alertmanager", "Alertmanager's address, such as https://alerts.example:9093"},
          {"smtp", "Mail server, such as mail.example:587"}}) {
        if (!reaches_by(answers, kind) || have(kind)) continue;
        std::string address;
        interview.needed(question, address);
        const bool mail = std::string{kind} == "smtp";
        if (!address.empty()) answers.gateway.push_back(kind + std::string{mail ? "=" : ":site="} + address);
    }
    if (have("pcd04")) interview.needed("EUI-64 by which that manager knows this machine", answers.pcd04_id);
    const bool mails = std::any_of(answers.gateway.begin(), answers.gateway.end(),
                                   [](const std::string& text) { return text.starts_with("smtp="); });
    if (mails) interview.needed("Mail comes from, such as magwatch@ward.example", answers.mail_from);
}

} // namespace

bool ask(Answers& answers, const ReadLine& read)
{
    Interview interview{read};
    std::fprintf(stderr, "Empty takes what stands in brackets; Ctrl-D writes nothing.\n");
    interview.needed("Ward's short name, such as l4 (a-z 0-9 -)", answers.ward);
    interview.optional("What screens call it", answers.label, "Ward " + answers.ward);
    while (answers.mode != "ward" && answers.mode != "demo" && answers.mode != "replay" && !interview.ended()) {
        answers.mode = interview.line("For patients (ward) or a demonstration (demo)", "ward");
    }
    interview.optional("Telephone that a page asks to ring (empty: none)", answers.phone);
    interview.several(
        "Beds: how many, or one as bed-1=Ward L4 Bed 1", true, answers.bed,
        [&](const std::string& text, std::string& mistake) { (void)parse_beds(text, answers.label, mistake); });
    if (interview.ended()) return false;
    std::fprintf(stderr,
                 "Who is told, in the order of the ladder. Channels: sms=+447700900123, smtp=ward@example.org,\n"
                 "ntfy=topic, snpp=5551234, webhook=https://pager.example/hook; several with a comma.\n");
    interview.several("A person as NAME:ROLE:CHANNEL, such as midwife-1:bedside:sms=+447700900123", true,
                      answers.person,
                      [](const std::string& text, std::string& mistake) { (void)parse_person(text, mistake); });
    ask_gateways(answers, interview);
    interview.several("A Modbus device as bed=bed-1,host=10.0.0.11,map=maps/monitor.toml (empty: none)", false,
                      answers.device,
                      [](const std::string& text, std::string& mistake) { (void)parse_device(text, mistake); });
    const bool patients = answers.mode == "ward";
    interview.optional("Rule pack: a file, or the name of a shipped one", answers.pack,
                       patients ? "packs/site.toml" : "example");
    if (patients) interview.optional("Approved calcium gluconate protocol", answers.protocol, "site.protocol.toml");
    return !interview.ended();
}

} // namespace magwatch::cli::init
