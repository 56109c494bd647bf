// Small XML documents of strangers as a tree. Pure.
//
// Expat does the reading (UTF-8, UTF-16, Latin-1, ASCII). A document type that merely names a DTD is passed over and
// never fetched; one that declares anything, every entity but the five of XML itself, and what is deeper or larger than
// any message is, are mistakes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace magwatch::adapters {

struct XmlElement {
    std::string name;
    std::map<std::string, std::string, std::less<>> attributes;
    std::string text; // of its own, without its children's
    std::vector<XmlElement> children;

    [[nodiscard]] const XmlElement* child(std::string_view wanted) const; // the first; nullptr if there is none
    [[nodiscard]] std::string attribute(std::string_view wanted) const;   // "" if there is none
};

inline constexpr std::size_t xml_bytes_max = 64 * 1024;
inline constexpr std::size_t xml_depth_max = 16;
inline constexpr std::size_t xml_elements_max = 2'000;
struct XmlLimits {
    std::size_t bytes = xml_bytes_max, elements = xml_elements_max;
};

// nullopt for anything that is not one whole, harmless document.
[[nodiscard]] std::optional<XmlElement> parse_xml(std::string_view bytes, const XmlLimits& limits = {});

} // namespace magwatch::adapters
