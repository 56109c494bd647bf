// Serum magnesium in the three units that laboratories write. 1 mmol/L = 2 mEq/L = 2.4305 mg/dL (docs/RULES.md).

export const LEVEL_UNITS = ["mmol/L", "mg/dL", "mEq/L"] as const;
export type LevelUnit = (typeof LEVEL_UNITS)[number];

const PER_MMOL: Record<LevelUnit, number> = { "mmol/L": 1, "mg/dL": 2.4305, "mEq/L": 2 };

export function toMmol(value: number, unit: LevelUnit): number {
  return value / PER_MMOL[unit];
}

/** Three digits that count, without trailing zeros: 10.3, 3.91, 24. */
export function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** The same level in the other common unit, or "" for what is no number. */
export function otherUnit(value: number, unit: LevelUnit): string {
  if (!Number.isFinite(value)) return "";
  const mmol = toMmol(value, unit);
  return unit === "mmol/L" ? `${short(mmol * PER_MMOL["mg/dL"])} mg/dL` : `${short(mmol)} mmol/L`;
}

/** Above this no treatment goes: the design value at which the daemon warns, too. */
export const FAR_ABOVE_TREATMENT_MMOL = 5;

/** A question to ask before a level is sent that fits another unit better; null: none. It never changes what is sent. */
export function unitTrap(value: number, unit: LevelUnit): string | null {
  const mmol = toMmol(value, unit);
  if (mmol <= FAR_ABOVE_TREATMENT_MMOL) return null;
  const fits = LEVEL_UNITS.filter((u) => u !== unit && toMmol(value, u) <= FAR_ABOVE_TREATMENT_MMOL);
  const head = `${short(value)} ${unit} is far above any treatment level.`;
  const other = fits.includes("mg/dL") ? "mg/dL" : fits[0];
  if (other === undefined) return `${head} Examine her now. Is value and unit as the laboratory wrote it?`;
  const inMmol = other === "mmol/L" ? "" : ` (${short(toMmol(value, other))} mmol/L)`;
  return `${head} Did you mean ${short(value)} ${other}${inMmol}?`;
}

/** A number as typed: a comma is a point, anything else is refused (null). Nothing typed: undefined. */
export function typed(text: string): number | null | undefined {
  const plain = text.trim().replace(",", ".");
  if (plain === "") return undefined;
  return /^\d{1,6}(\.\d{1,6})?$/.test(plain) ? Number(plain) : null;
}

/** Numbers of the ward without a false tail: 0.0458 g is "0.05", 12.0 is "12". */
export function tidy(value: number, digits = 2): string {
  return String(Number(value.toFixed(digits)));
}
