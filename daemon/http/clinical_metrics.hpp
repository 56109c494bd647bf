// What is known of each bed, as Prometheus text: vital signs, reflexes, infusion, the magnesium estimate with its
// band, alarms. Pure.
//
// Labels: the bed's alias and fixed words. No name, no number of a patient, no free text, no source's name. A value
// that is stale has no sample at all, so a graph shows a gap; counts of alarms, calls and checks are there from the
// start at 0, for every bed of the configuration. Units stand in the names; those of clinicians, not base units.
#pragma once

#include <string>

#include "rules/ward/view.hpp"

namespace magwatch::http
{

[[nodiscard]] std::string render_clinical_metrics(const WardView& view);

} // namespace magwatch::http
