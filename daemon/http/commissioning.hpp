// Commissioning over the API: which devices were compared with their own screen, what each says now, and the record
// that somebody signs. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "daemon/http/fields.hpp"
#include "daemon/http/render.hpp"

namespace magwatch::http
{

[[nodiscard]] const SourceView* find_source(const WardView& view, std::string_view name);

[[nodiscard]] Json render_commissioning(const PublishedWard& ward);
// One device, with what it says now (`now`: boot-time clock), what other devices say of the same signals, and its
// record as it was sealed.
[[nodiscard]] Json render_commissioning(const PublishedWard& ward, const SourceView& source,
                                        const std::vector<Reading>& readings, Duration now);

// The record as it was sent; the daemon seals it. `action.person` is read before.
void read_commission(Fields& f, const WardView& view, WallTime now, std::string_view device, Action& action);
void read_revoke(Fields& f, const WardView& view, std::string_view device, Action& action);

} // namespace magwatch::http
