// Mistakes in files, for people and for scripts.
#pragma once

#include <cstdio>
#include <vector>

#include "rules/base/diagnostic.hpp"
#include "tools/magwatch/shell.hpp"

namespace magwatch::cli
{

inline Json to_json(const std::vector<Diagnostic>& errors)
{
    Json out = Json::array();
    for (const Diagnostic& e : errors)
        out.push_back(
            {{"file", e.file}, {"line", e.line}, {"column", e.column}, {"message", e.message}});
    return out;
}

inline void print_errors(const std::vector<Diagnostic>& errors)
{
    for (const Diagnostic& e : errors) std::fprintf(stderr, "%s\n", e.text().c_str());
}

} // namespace magwatch::cli
