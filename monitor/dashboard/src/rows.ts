/** What is known of one series, and how one channel's value stands at a given time. Pure. */

import type { Sample } from "./api-types";

/** The service's Quality, by its number. The words are for i18n: `quality_<word>`. */
export const qualities = [
  "good",
  "uncertain",
  "stale",
  "unavailable",
  "sensor_fault",
  "configuration",
  "unreachable",
  "nonsense",
  "skipped",
  "collector_down",
  "simulated",
] as const;
export type QualityWord = (typeof qualities)[number];

/**
 * The newest sample of one series. `kept` and `kept_at_ms`: the last usable value of each channel and when it was
 * true, so that a blind channel can still show, greyed, what was last seen. `usable_ms`: when the device last gave
 * anything usable at all; NaN if never. `interval_ms`: between the last two samples.
 */
export interface Row {
  sample: Sample;
  at_ms: number;
  usable_ms: number;
  interval_ms: number | undefined;
  kept: readonly (number | null)[];
  kept_at_ms: readonly number[];
  /** The same of what was reckoned from the series, by the id of the derived channel. */
  reckoned: ReadonlyMap<string, { value: number; at_ms: number }>;
}

/**
 * `old`: usable when it came, but too long ago. `blind`: the newest sample has no usable value for it. `simulated`: a
 * value, but the device says itself that it is made up.
 */
export type Standing = "fresh" | "doubtful" | "old" | "blind" | "simulated" | "never";

export interface Reading {
  value: number | null;
  age_s: number | null;
  standing: Standing;
  quality: QualityWord;
  reason: string;
}

export const nothing: Reading = { value: null, age_s: null, standing: "never", quality: "unavailable", reason: "" };

const usable = (quality: number): boolean => quality === 0 || quality === 1;

/** The value at `place` if it may be relied on, else null. */
export const usableIn = (sample: Sample, place: number): number | null =>
  usable(sample.quality?.[place] ?? 0) ? (sample.values[place] ?? null) : null;

/** The row after a sample. A sample older than the row changes nothing: late data is never live. */
export function next(row: Row | null, sample: Sample): Row | null {
  const at_ms = Date.parse(sample.at);
  if (Number.isNaN(at_ms) || (row !== null && at_ms < row.at_ms)) return row;
  const good = sample.values.map((_, place) => usableIn(sample, place) !== null);
  return {
    sample,
    at_ms,
    usable_ms: good.includes(true) ? at_ms : (row?.usable_ms ?? NaN),
    interval_ms: row === null || at_ms === row.at_ms ? row?.interval_ms : at_ms - row.at_ms,
    kept: sample.values.map((value, place) => (good[place] ? value : (row?.kept[place] ?? null))),
    kept_at_ms: sample.values.map((_, place) => (good[place] ? at_ms : (row?.kept_at_ms[place] ?? NaN))),
    reckoned: reckonedAfter(row?.reckoned ?? new Map(), sample.derived ?? {}, at_ms),
  };
}

type Reckoned = Row["reckoned"];

function reckonedAfter(before: Reckoned, derived: Record<string, number | null>, at_ms: number): Reckoned {
  const known = Object.entries(derived).flatMap(([id, value]) => (value === null ? [] : [[id, { value, at_ms }] as const]));
  return known.length === 0 ? before : new Map([...before, ...known]);
}

/** How the channel at `place` stands at `now_ms` (the server's time); `limit_ms`: the age at which it is old. */
export function reading(row: Row | null, place: number, now_ms: number | undefined, limit_ms: number): Reading {
  const value = row?.kept[place] ?? null;
  if (row === null) return nothing;
  const code = row.sample.quality?.[place] ?? 0;
  const quality = qualities[code] ?? "unavailable";
  const made_up = quality === "simulated" ? (row.sample.values[place] ?? null) : null;
  if (made_up !== null) {
    return { value: made_up, age_s: ageOf(row.at_ms, now_ms), standing: "simulated", quality, reason: row.sample.reason };
  }
  const age_s = ageOf(row.kept_at_ms[place] ?? NaN, now_ms);
  const blind = !usable(code) || (row.sample.values[place] ?? null) === null;
  const old = age_s === null || age_s * 1000 > limit_ms;
  const standing = blind ? (value === null ? "never" : "blind") : old ? "old" : code === 1 ? "doubtful" : "fresh";
  return { value, age_s, standing, quality: blind && code === 0 ? "unavailable" : quality, reason: row.sample.reason };
}

const ageOf = (at_ms: number, now_ms: number | undefined): number | null =>
  now_ms === undefined || Number.isNaN(at_ms) ? null : Math.max(0, now_ms - at_ms) / 1000;

/** The same of a derived channel; it is blind while the newest sample of its series gave no figure for it. */
export function reckonedReading(row: Row | null, id: string, now_ms: number | undefined, limit_ms: number): Reading {
  const kept = row?.reckoned.get(id);
  if (row === null || kept === undefined) return nothing;
  const age_s = ageOf(kept.at_ms, now_ms);
  const blind = kept.at_ms < row.at_ms;
  const old = age_s === null || age_s * 1000 > limit_ms;
  const standing = blind ? "blind" : old ? "old" : "fresh";
  return { value: kept.value, age_s, standing, quality: blind ? "unavailable" : "good", reason: row.sample.reason };
}

/** Periods that may be missed before a value is old: 3 s for a device that is read every second. */
const patience = 3;
const record_interval_ms = { least: 1_000, unknown: 60_000, most: 120_000 };

/**
 * The age at which a value is old. A counter's records come at the counter's own pace, which is taken from the
 * records themselves.
 */
export function oldAfter_ms(period_s: number, records: boolean, interval_ms: number | undefined): number {
  if (!records) return patience * period_s * 1000;
  const { least, unknown, most } = record_interval_ms;
  return patience * Math.min(most, Math.max(least, interval_ms ?? unknown));
}

export const isUsable = (standing: Standing): boolean => standing === "fresh" || standing === "doubtful";
