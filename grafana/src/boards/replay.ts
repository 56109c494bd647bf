// Board 4: all beds of a demo or replay beside one another. Shows nothing where patients are.
import { type BoardSpec, type SeriesPanel, type Unit } from "../board.js";
import { inSimulation, metric } from "../promql.js";

function all(title: string, name: string, unit: Unit, description: string, more: Partial<SeriesPanel> = {},
             matchers = "", legend = "{{bed}}"): SeriesPanel {
  return {
    kind: "series",
    title,
    description,
    unit,
    runbook: "MagwatchClinicalDown",
    queries: [{ expr: inSimulation(metric(`magwatch_clinical_${name}`, matchers)), legend }],
    ...more,
  };
}

export const replay: BoardSpec = {
  uid: "magwatch-replay",
  title: "magwatch 4: Replay (SIMULATION)",
  description: "Clinical series of a demo or replay, all beds beside one another. Empty where patients are.",
  tags: ["replay"],
  labelsFrom: "magwatch_clinical_bed_watched",
  from: "now-30m",
  refresh: "5s",
  panels: [
    {
      kind: "text",
      title: "SIMULATION",
      description: "Nobody on this board is a patient.",
      runbook: "MagwatchClinicalDown",
      content: "# SIMULATION\nNobody here is a patient. A ward with patients shows nothing on this board: see board 5.",
      height: 4,
    },
    {
      kind: "stat",
      title: "Simulation",
      description: "Whether the chosen ward is a simulation.",
      unit: "none",
      runbook: "MagwatchClinicalDown",
      queries: [{ expr: metric("magwatch_clinical_simulation"), legend: "{{instance}}" }],
      words: { 0: { text: "PATIENTS", color: "red" }, 1: { text: "SIMULATION", color: "purple" } },
      width: 24,
      height: 3,
    },
    all("Respiratory rate", "respiratory_rate_per_minute", "suffix:/min", "By the monitor.", {}, 'by="monitor"'),
    all("Oxygen saturation", "oxygen_saturation_percent", "percent", "By the oximeter.", { max: 100 }),
    all("Heart rate", "heart_rate_per_minute", "suffix:/min", "By the monitor."),
    all("Systolic blood pressure", "blood_pressure_mmhg", "pressuremmhg", "By cuff.", {},
      'by="cuff",part="systolic"'),
    all("Tendon reflexes", "reflex_grade", "none", "As charted, 0 (absent) to 4.",
      { stepped: true, min: 0, max: 4, decimals: 0 }, "", "{{bed}} {{site}}"),
    all("Consciousness", "consciousness_avpu", "none", "0 alert, 1 voice, 2 pain, 3 unresponsive.",
      { stepped: true, min: 0, max: 3, decimals: 0 }),
    all("Magnesium infusion", "infusion_rate_grams_per_hour", "suffix:g/h", "From pump or chart.",
      { stepped: true, min: 0 }),
    all("Magnesium estimate", "magnesium_estimate_mmol_per_liter", "suffix:mmol/L",
      "Middle of the band. An estimate, not a lab result; no number here is an all-clear.", { min: 0 }, 'band="p50"'),
    all("High alarms", "alarms_active", "none", "Open high physiological alarms.",
      { stepped: true, min: 0, decimals: 0 }, 'kind="physiological",priority="high"'),
    all("Calls unanswered", "calls_unanswered", "none", "Open calls that nobody has answered.",
      { stepped: true, min: 0, decimals: 0 }),
  ],
};
