// Expressions of dashboards: every selector carries the board's variables, so that one board serves many wards.

const chosen = 'job=~"$job",instance=~"$instance"';

// A selector of one metric, with more matchers if given: metric("up", 'code="500"').
export function metric(name: string, matchers = ""): string {
  return `${name}{${chosen}${matchers === "" ? "" : `,${matchers}`}}`;
}

// The same for one bed of board 5.
export function ofBed(name: string, matchers = ""): string {
  return metric(name, `bed=~"$bed"${matchers === "" ? "" : `,${matchers}`}`);
}

export function rate(name: string, matchers = ""): string {
  return `rate(${metric(name, matchers)}[$__rate_interval])`;
}

export function increase(name: string, over: string, matchers = ""): string {
  return `increase(${metric(name, matchers)}[${over}])`;
}

// A quantile of a histogram: 0.95 of "magwatch_x_seconds" by its labels, of what happened in `over`.
export function quantile(q: number, name: string, over: string, by: readonly string[] = []): string {
  const buckets = `rate(${metric(`${name}_bucket`)}[${over}])`;
  return `histogram_quantile(${String(q)}, sum by (${["le", ...by].join(", ")}) (${buckets}))`;
}

// Shown where nobody is a patient, and nowhere else.
export function inSimulation(expression: string): string {
  return `${expression} and on (job, instance) (${metric("magwatch_clinical_simulation")} == 1)`;
}
