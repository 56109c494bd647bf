// Alerts -> the rule file of Prometheus, and the tests of promtool.
import { stringify } from "yaml";
import { type Alert, alerts, type Labels } from "./alerts.js";
import { runbook } from "./board.js";

const list: [string, Alert][] = Object.entries(alerts);

function labelsOf(alert: Alert): Labels {
  return { severity: alert.severity };
}

function annotations(name: string, alert: Alert): Labels {
  return { summary: alert.summary, description: alert.description, runbook_url: runbook(name) };
}

// What Prometheus makes of {{ $labels.x }}.
function filled(text: string, labels: Labels): string {
  return text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "");
}

function yaml(header: string, content: unknown): string {
  return header.replace(/^/gm, "# ") + "\n" + stringify(content, { lineWidth: 0, aliasDuplicateObjects: false });
}

const generated = "Generated from grafana/src/alerts.ts: `npm run generate` there. Do not edit.";

export function ruleFile(): string {
  const rules = list.map(([name, alert]) => ({
    alert: name,
    expr: alert.expr,
    for: alert.hold,
    labels: labelsOf(alert),
    annotations: annotations(name, alert),
  }));
  return yaml(`Alert rules for a Prometheus that scrapes magwatchd.\n${generated}`,
    { groups: [{ name: "magwatch", rules }] });
}

export function testFile(rules: string): string {
  const tests = list.flatMap(([name, alert]) =>
    alert.tests.map((test) => ({
      name,
      interval: "15s",
      input_series: Object.entries(test.series).map(([series, values]) => ({ series, values })),
      alert_rule_test: test.at.map(([time, fires]) => ({
        eval_time: time,
        alertname: name,
        exp_alerts: fires.map((labels) => {
          const all: Labels = { ...labels, ...labelsOf(alert) };
          const said = Object.entries(annotations(name, alert)).map(([key, text]) => [key, filled(text, all)]);
          return { exp_labels: all, exp_annotations: Object.fromEntries(said) as Labels };
        }),
      })),
    })),
  );
  return yaml(`Tests of the alert rules: promtool test rules.\n${generated}`,
    { rule_files: [rules], evaluation_interval: "15s", tests });
}
