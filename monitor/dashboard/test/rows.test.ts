import { expect, test } from "vitest";
import type { Sample } from "../src/api-types";
import { isUsable, next, oldAfter_ms, reading, reckonedReading, type Row } from "../src/rows";

const at = "2026-11-21T06:00:00.000000+00:00";
const at_ms = Date.parse(at);

function sample(values: (number | null)[], given: Partial<Sample> = {}): Sample {
  return { series: "D", at, received_at: at, values, quality: null, backfilled: false, reason: "", derived: {}, ...given };
}
const later = (s: number): string => new Date(at_ms + s * 1000).toISOString();

function rowAfter(...samples: Sample[]): Row {
  const row = samples.reduce<Row | null>(next, null);
  if (row === null) throw new Error("no row");
  return row;
}

test("a good value is fresh, then old, and its age is the server's", () => {
  const row = rowAfter(sample([45]));
  expect(reading(row, 0, at_ms + 800, 3000)).toMatchObject({ value: 45, age_s: 0.8, standing: "fresh", quality: "good" });
  expect(reading(row, 0, at_ms + 3000, 3000).standing).toBe("fresh");
  expect(reading(row, 0, at_ms + 3001, 3000).standing).toBe("old");
});

test("a failed poll leaves the last usable value, blind, with its own age and the wire's reason", () => {
  const row = rowAfter(sample([45]), sample([null], { at: later(1), quality: [6], reason: "connection refused" }));
  expect(reading(row, 0, at_ms + 1500, 3000)).toEqual({
    value: 45,
    age_s: 1.5,
    standing: "blind",
    quality: "unreachable",
    reason: "connection refused",
  });
  expect(row.usable_ms).toBe(at_ms);
});

test("a number that is not usable is never taken for a value", () => {
  const row = rowAfter(sample([99], { quality: [4] }));
  expect(reading(row, 0, at_ms, 3000)).toMatchObject({ value: null, standing: "never", quality: "sensor_fault" });
  expect(row.usable_ms).toBeNaN();
});

test("uncertain is usable but doubtful; a null that claims to be good is not", () => {
  expect(reading(rowAfter(sample([6], { quality: [1] })), 0, at_ms, 3000).standing).toBe("doubtful");
  expect(reading(rowAfter(sample([null])), 0, at_ms, 3000)).toMatchObject({ standing: "never", quality: "unavailable" });
});

test("late data never takes the place of newer", () => {
  const newer = rowAfter(sample([45], { at: later(5) }));
  expect(next(newer, sample([1], { backfilled: true }))).toBe(newer);
});

test("channels of one row stand for themselves", () => {
  const row = rowAfter(sample([1, 2]), sample([3, null], { at: later(1), quality: [0, 3] }));
  expect(reading(row, 0, at_ms + 1000, 3000)).toMatchObject({ value: 3, standing: "fresh" });
  expect(reading(row, 1, at_ms + 1000, 3000)).toMatchObject({ value: 2, standing: "blind", quality: "unavailable" });
});

test("a second's device is old after 3 s, a counter's record after three of its own intervals", () => {
  expect(oldAfter_ms(1, false, undefined)).toBe(3000);
  expect(oldAfter_ms(5, false, 1)).toBe(15000);
  const records = rowAfter(sample([1]), sample([1], { at: later(6) }));
  expect(oldAfter_ms(1, true, records.interval_ms)).toBe(18000);
  expect(oldAfter_ms(1, true, undefined)).toBe(180000);
});

test("what the device says is simulated is shown as it is, and relied on by nobody", () => {
  const row = rowAfter(sample([45]), sample([99], { at: later(1), quality: [10] }));
  expect(reading(row, 0, at_ms + 1500, 3000)).toEqual({ value: 99, age_s: 0.5, standing: "simulated", quality: "simulated", reason: "" });
  expect(isUsable("simulated")).toBe(false);
  expect(row.usable_ms).toBe(at_ms);
});

test("a derived value is fresh, then old, and blind while its series comes without it", () => {
  const row = rowAfter(sample([45], { derived: { "D/rate": 2 } }));
  expect(reckonedReading(row, "D/rate", at_ms + 800, 3000)).toMatchObject({ value: 2, age_s: 0.8, standing: "fresh" });
  expect(reckonedReading(row, "D/rate", at_ms + 3001, 3000).standing).toBe("old");
  const lost = rowAfter(sample([45], { derived: { "D/rate": 2 } }), sample([45], { at: later(1), derived: { "D/rate": null } }));
  expect(reckonedReading(lost, "D/rate", at_ms + 1000, 3000)).toMatchObject({ value: 2, standing: "blind", quality: "unavailable" });
  expect(reckonedReading(row, "D/other", at_ms, 3000).standing).toBe("never");
});
