import { expect, test } from "vitest";
import type { AlarmLoad } from "../src/api-types";
import { aims } from "../src/load";
import { instantOf, isDay, writtenTime } from "../src/period";

const load: AlarmLoad = {
  alarms: 100,
  per_hour: 6,
  per_10_min: 1,
  peak_10_min: 10,
  share_above_10: 0.01,
  floods: 0,
  share_in_flood: 0.01,
  top: [],
  top_share: 0.05,
  chattering: 0,
  stale: 5,
  priorities: { critical: 0.005, high: 0.05, medium: 0.145, low: 0.8 },
};
const unmet = (given: Partial<AlarmLoad>): string[] => aims({ ...load, ...given }).filter(({ met }) => met === false).map(({ name }) => name);

test("on its aim a figure meets it", () => {
  expect(unmet({})).toEqual([]);
});

test.each<[keyof AlarmLoad, Partial<AlarmLoad>]>([
  ["per_hour", { per_hour: 6.1 }],
  ["per_10_min", { per_10_min: 1.01 }],
  ["peak_10_min", { peak_10_min: 11 }],
  ["share_above_10", { share_above_10: 0.011 }],
  ["share_in_flood", { share_in_flood: 0.011 }],
  ["top_share", { top_share: 0.051 }],
  ["chattering", { chattering: 1 }],
  ["stale", { stale: 6 }],
])("%s above its aim does not", (name, given) => {
  expect(unmet(given)).toEqual([name]);
});

test("the mix of priorities is about 80, 15, 5 and less than one in a hundred", () => {
  expect(unmet({ priorities: { critical: 0.01, high: 0.39, medium: 0.3, low: 0.3 } })).toEqual(["low", "medium", "high", "critical"]);
});

test("without an alarm there is no mix to judge", () => {
  const none = { ...load, alarms: 0, priorities: { critical: 0, high: 0, medium: 0, low: 0 } };
  expect(aims(none).filter(({ met }) => met === false)).toEqual([]);
  expect(aims(none).find(({ name }) => name === "low")?.met).toBeNull();
});

test.each([
  ["2026-11-21 14:03:42", "Asia/Shanghai", "2026-11-21T06:03:42.000Z"],
  ["2026-11-21 14:03", "Asia/Shanghai", "2026-11-21T06:03:00.000Z"],
  ["2026-11-21T14:03", "UTC", "2026-11-21T14:03:00.000Z"],
  ["2026-03-29 03:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
  ["2026-03-29 01:59", "Europe/Berlin", "2026-03-29T00:59:00.000Z"],
  ["2026-07-01 00:00", "Europe/Berlin", "2026-06-30T22:00:00.000Z"],
])("%s by the clock of %s is %s", (written, zone, instant) => {
  expect(new RegExp(`^${writtenTime}$`).test(written)).toBe(true);
  expect(new Date(instantOf(written, zone) ?? NaN).toISOString()).toBe(instant);
});

test("a day is one that there is, in the order of ISO", () => {
  expect(["2026-11-21", "2028-02-29"].map(isDay)).toEqual([true, true]);
  expect(["2026-02-29", "2026-04-31", "2026-13-01", "21/11/2026", "2026-1-2", "2026-11-21T00:00", ""].filter(isDay)).toEqual([]);
});

test("what is no time is none", () => {
  expect(instantOf("soon", "UTC")).toBeUndefined();
  expect(instantOf("2026-13-01 00:00", "UTC")).toBeUndefined();
  expect(instantOf("2026-02-30 00:00", "Asia/Shanghai")).toBeUndefined();
  expect(instantOf("2026-11-21 24:00", "Asia/Shanghai")).toBeUndefined();
  expect(instantOf("2026-03-29 02:30", "Europe/Berlin")).toBeUndefined(); // the clocks went from 2 to 3
});
