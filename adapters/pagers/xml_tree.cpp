#include "adapters/pagers/xml_tree.hpp"

#include <memory>
#include <type_traits>

#include <expat.h>

namespace magwatch::adapters {
namespace {

// The document under way. A pointer into a vector of children stays good: only the innermost open element grows.
struct Reading {
    XML_Parser parser = nullptr;
    std::optional<XmlElement> root;
    std::vector<XmlElement*> open;
    std::size_t elements = 0, elements_max = xml_elements_max;
    bool refused = false;

    void refuse()
    {
        refused = true;
        XML_StopParser(parser, XML_FALSE);
    }
};

Reading& reading(void* user) { return *static_cast<Reading*>(user); }

void XMLCALL element_starts(void* user, const XML_Char* name, const XML_Char** attributes)
{
    Reading& now = reading(user);
    if (now.refused) return;
    if (now.open.size() >= xml_depth_max || ++now.elements > now.elements_max) return now.refuse();
    XmlElement element;
    element.name = name;
    for (; attributes[0] != nullptr; attributes += 2) element.attributes.emplace(attributes[0], attributes[1]);
    if (now.open.empty()) {
        now.root = std::move(element);
        now.open.push_back(&*now.root);
        return;
    }
    now.open.back()->children.push_back(std::move(element));
    now.open.push_back(&now.open.back()->children.back());
}

void XMLCALL element_ends(void* user, const XML_Char*)
{
    Reading& now = reading(user);
    if (!now.refused && !now.open.empty()) now.open.pop_back();
}

void XMLCALL text(void* user, const XML_Char* bytes, int size)
{
    Reading& now = reading(user);
    if (!now.refused && !now.open.empty()) now.open.back()->text.append(bytes, static_cast<std::size_t>(size));
}

void XMLCALL document_type(void* user, const XML_Char*, const XML_Char*, const XML_Char*, int declares)
{
    if (declares != 0) reading(user).refuse();
}

void XMLCALL entity_declared(void* user, const XML_Char*, int, const XML_Char*, int, const XML_Char*, const XML_Char*,
                             const XML_Char*, const XML_Char*)
{
    reading(user).refuse();
}

// An entity that nobody declared: without reading the DTD expat cannot know it.
void XMLCALL entity_skipped(void* user, const XML_Char*, int) { reading(user).refuse(); }

int XMLCALL external_entity(XML_Parser parser, const XML_Char*, const XML_Char*, const XML_Char*, const XML_Char*)
{
    reading(XML_GetUserData(parser)).refused = true;
    return XML_STATUS_ERROR;
}

} // namespace

const XmlElement* XmlElement::child(std::string_view wanted) const
{
    for (const XmlElement& one : children)
        if (one.name == wanted) return &one;
    return nullptr;
}

std::string XmlElement::attribute(std::string_view wanted) const
{
    const auto at = attributes.find(wanted);
    return at == attributes.end() ? "" : at->second;
}

std::optional<XmlElement> parse_xml(std::string_view bytes, const XmlLimits& limits)
{
    if (bytes.empty() || bytes.size() > limits.bytes) return std::nullopt;
    const std::unique_ptr<std::remove_pointer_t<XML_Parser>, decltype(&XML_ParserFree)> parser{
        XML_ParserCreate(nullptr), &XML_ParserFree};
    if (!parser) return std::nullopt;
    Reading now;
    now.parser = parser.get();
    now.elements_max = limits.elements;
    XML_SetUserData(parser.get(), &now);
    XML_SetParamEntityParsing(parser.get(), XML_PARAM_ENTITY_PARSING_NEVER);
    XML_SetElementHandler(parser.get(), &element_starts, &element_ends);
    XML_SetCharacterDataHandler(parser.get(), &text);
    XML_SetStartDoctypeDeclHandler(parser.get(), &document_type);
    XML_SetEntityDeclHandler(parser.get(), &entity_declared);
    XML_SetSkippedEntityHandler(parser.get(), &entity_skipped);
    XML_SetExternalEntityRefHandler(parser.get(), &external_entity);
    const auto status = XML_Parse(parser.get(), bytes.data(), static_cast<int>(bytes.size()), XML_TRUE);
    if (status != XML_STATUS_OK || now.refused) return std::nullopt;
    return std::move(now.root);
}

} // namespace magwatch::adapters
