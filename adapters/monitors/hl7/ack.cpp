#include "adapters/monitors/hl7/ack.hpp"

namespace magwatch::adapters::hl7
{
namespace
{

bool asked(std::string_view condition, Verdict verdict)
{
    condition = trim(condition);
    const auto is = [&](char a, char b) {
        return condition.size() == 2 && (condition[0] | 0x20) == a && (condition[1] | 0x20) == b;
    };
    if (is('a', 'l')) return true;
    if (is('e', 'r')) return verdict != Verdict::accepted;
    if (is('s', 'u')) return verdict == Verdict::accepted;
    return false;
}

std::string_view code_of(Verdict verdict, bool commit)
{
    switch (verdict) {
    case Verdict::accepted:
        return commit ? "CA" : "AA";
    case Verdict::error:
        return commit ? "CE" : "AE";
    case Verdict::rejected:
        return commit ? "CR" : "AR";
    }
    return "AR";
}

std::string_view words_of(ErrorCode error)
{
    switch (error) {
    case ErrorCode::none:
        return "";
    case ErrorCode::sequence:
        return "Segment sequence error";
    case ErrorCode::required_field:
        return "Required field missing";
    case ErrorCode::data_type:
        return "Data type error";
    case ErrorCode::message_type:
        return "Unsupported message type";
    case ErrorCode::event:
        return "Unsupported event code";
    case ErrorCode::processing_id:
        return "Unsupported processing id";
    case ErrorCode::version:
        return "Unsupported version id";
    case ErrorCode::unknown_key:
        return "Unknown key identifier";
    case ErrorCode::internal:
        return "Application internal error";
    }
    return "";
}

// A field of the request, in its own separators. Line breaks that a sender put into it are left
// out: an acknowledgement is read by lines.
void append_field(std::string& out, std::string_view field)
{
    field = field.substr(0, 512); // an identifier, not a novel
    if (field.find_first_of("\r\n\x0B\x1C") == std::string_view::npos) {
        out += field;
        return;
    }
    for (const char c : field) {
        if (static_cast<unsigned char>(c) >= 0x20) out.push_back(c);
    }
}

} // namespace

AckStyle ack_style(std::string_view accept, std::string_view application, Verdict verdict)
{
    if (trim(accept).empty() && trim(application).empty()) return {false, true};
    return {asked(accept, verdict), asked(application, verdict)};
}

void append_ack(std::string& out, const Message& request, const Acknowledgement& answer,
                bool commit, const AckIdentity& identity)
{
    const Separators& s = request.separators();
    const char f = s.field;
    const auto field_or = [&](std::size_t n, std::string_view otherwise) {
        const std::string_view field = trim(request.header(n));
        append_field(out, field.empty() ? otherwise : field);
        out.push_back(f);
    };
    out += "\x0BMSH";
    out.push_back(f);
    // The parser read them up to the end of the line; the field itself may go on behind it.
    const std::string_view field = request.header(2);
    const std::string_view codes = trim(field.substr(0, field.find_first_of("\r\n")));
    out += codes.empty() ? std::string_view{"^~\\&"} : codes;
    out.push_back(f);
    field_or(5, identity.application);
    field_or(6, identity.facility);
    field_or(3, "");
    field_or(4, "");
    out += identity.time;
    out.push_back(f);
    out.push_back(f);
    out += "ACK";
    const std::string_view event = trim(part(request.header(9), 2, s.component)).substr(0, 16);
    if (!event.empty()) {
        out.push_back(s.component);
        append_field(out, event);
        out.push_back(s.component);
        out += "ACK";
    }
    out.push_back(f);
    out += identity.control_id;
    out.push_back(f);
    field_or(11, "P");
    const std::string_view version = trim(request.header(12));
    append_field(out, version.empty() ? std::string_view{"2.6"} : version);
    out += "\rMSA";
    out.push_back(f);
    out += code_of(answer.verdict, commit);
    out.push_back(f);
    append_field(out, trim(request.header(10)));
    if (!answer.text.empty()) {
        out.push_back(f);
        append_escaped(out, answer.text, s);
    }
    out.push_back('\r');
    if (answer.error != ErrorCode::none) {
        out += "ERR";
        out.append(3, f);
        out += std::to_string(static_cast<unsigned>(answer.error));
        out.push_back(s.component);
        out += words_of(answer.error);
        out.push_back(s.component);
        out += "HL70357";
        out.push_back(f);
        out += "E";
        out.append(4, f);
        append_escaped(out, answer.text, s);
        out.push_back('\r');
    }
    out += "\x1C\r";
}

} // namespace magwatch::adapters::hl7
