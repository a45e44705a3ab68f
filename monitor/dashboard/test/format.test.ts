import { expect, test } from "vitest";
import type { Channel } from "../src/api-types";
import { bound, dateTime, duration, elapsed, figure, freshness, offset, permitted, permittedOf, timeOfDay, unit, unitOf, value } from "../src/format";

const channel = (given: Partial<Channel>): Channel => ({
  id: "D/k",
  key: "k",
  unit: "Pa",
  kind: "analog",
  label: { en: "K", zh: "K" },
  zone: "Z",
  place: 0,
  states: {},
  bits: {},
  clear_bits: {},
  ...given,
});
const bits = { kind: "bits", unit: "" } as const;
const english = (label: { en: string }): string => label.en;

test("numbers keep their decimals and never show a minus zero", () => {
  expect(figure(45, 1)).toBe("45.0");
  expect(figure(-0.04, 1)).toBe("0.0");
  expect(figure(-18.25, 1)).toBe("\u221218.3");
  expect(figure(1234567, 0)).toBe("1\u202f234\u202f567");
});

test.each([
  [channel({}), 3.1, "3.1"],
  [channel({ unit: "m/s" }), 0.45, "0.45"],
  [channel({ unit: "count", kind: "count" }), 3520, "3\u202f520"],
  [channel({ kind: "state", unit: "", states: { "1": { en: "closed", zh: "关闭" } } }), 1, "closed"],
  [channel({ kind: "state", unit: "" }), 7, "7"],
  [channel({ kind: "bits", unit: "" }), 0, "0"],
  [channel({ kind: "bits", unit: "" }), 10, "0xA"],
  [channel({ ...bits, bits: { "1": { en: "flow alert", zh: "流量异常" } } }), 0, "none"],
  [channel({ ...bits, bits: { "1": { en: "flow alert", zh: "流量异常" } } }), 0x80000006, "flow alert, #2, #31"],
  [channel({ ...bits, bits: { "0": { en: "laser good", zh: "" } }, clear_bits: { "0": { en: "laser not good", zh: "" } } }), 2, "laser not good, #1"],
  [channel({ kind: "time", unit: "s" }), 1795219200, "2026-11-21"],
  [channel({ kind: "time", unit: "s" }), 600, "600"],
  [channel({}), null, "—"],
  [channel({}), NaN, "—"],
])("a value of %o", (of, shown, text) => {
  expect(value(of, shown, english)).toBe(text);
});

test("a date has no unit, a duration has", () => {
  const lasting = channel({ kind: "time", unit: "s" });
  expect([unitOf(lasting, 1795219200), unitOf(lasting, 600), unitOf(lasting, null)]).toEqual(["", "s", "s"]);
  expect(unitOf(channel({ unit: "m3/h" }), 2e9)).toBe("m³/h");
});

test("limits are printed as written", () => {
  expect(permitted({ low: 20, high: 90 })).toBe("20\u00a0–\u00a090");
  expect(permitted({ low: null, high: 0.5 })).toBe("≤\u00a00.5");
  expect(permitted({ low: 85, high: null })).toBe("≥\u00a085");
  expect(bound(-80)).toBe("\u221280");
});

test("a limit on a state names states, not the figures between them", () => {
  const states = Object.fromEntries(["open", "closed", "locked", "fault"].map((en, state) => [state, { en, zh: en }]));
  const door = channel({ kind: "state", unit: "", states });
  expect(permittedOf({ low: null, high: 2.5 }, door, english)).toBe("≠\u00a0fault");
  expect(permittedOf({ low: 1, high: 1 }, door, english)).toBe("=\u00a0closed");
  expect(permittedOf({ low: null, high: 2.5 }, channel({ kind: "state" }), english)).toBe("≤\u00a02.5");
  expect(permittedOf({ low: null, high: 2.5 }, { kind: "state" }, english)).toBe("≤\u00a02.5");
});

test("a limit on bits of which none may be set says so in words", () => {
  const alarms = channel({ kind: "bits", unit: "" });
  expect(permittedOf({ low: null, high: 0.5 }, alarms, english)).toBe("must be clear");
  expect(permittedOf({ low: null, high: 7 }, alarms, english)).toBe("≤\u00a07");
  expect(permittedOf({ low: null, high: 0.5 }, channel({ kind: "analog" }), english)).toBe("≤\u00a00.5");
});

test.each([
  [0.84, "0.8 s"],
  [9.96, "10 s"],
  [119, "119 s"],
  [125, "2 min"],
  [3600 * 2 + 5 * 60, "2 h 05 min"],
  [86400 * 4 + 3600 * 3, "4 d 3 h"],
  [null, "—"],
])("%s seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test("a stopwatch ticks in whole seconds and does not start below none", () => {
  expect([freshness(0), freshness(1.99), freshness(2.4), freshness(null)]).toEqual(["<\u202f2 s", "<\u202f2 s", "2 s", "—"]);
  expect([elapsed(-0.3), elapsed(3.9), elapsed(125)]).toEqual(["0 s", "3 s", "2 min"]);
});

test("times are the plant's, by the ISO and on a 24-hour clock", () => {
  const at_ms = Date.parse("2026-11-21T16:03:42Z");
  expect(dateTime(at_ms, "Asia/Shanghai")).toBe("2026-11-22 00:03:42");
  expect(timeOfDay(at_ms, "UTC")).toBe("16:03:42");
  expect(offset(at_ms, "Asia/Shanghai")).toBe("UTC+08:00");
  expect(offset(at_ms, "UTC")).toBe("UTC");
});

test("units are printed, counts have none", () => {
  expect([unit("m3/h"), unit("count"), unit("Pa")]).toEqual(["m³/h", "", "Pa"]);
});
