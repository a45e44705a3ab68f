import { expect, test } from "vitest";
import type { ChannelReadings, PastLimit } from "../src/api-types";
import { indexOf, type Source } from "../src/plant";
import { addressOf, askedOf, clamped, columnsOf, counts, matching, phasesOf, renewAfter_ms, scaleOf, shadesFor, spanOf, staysOf, stepsOf, trendsAround } from "../src/trends";
import { plant } from "./plant";

const index = indexOf(plant);
const source = (id: string): Source => {
  const found = index.channels.get(id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};

const told = (at: number[], mean: (number | null)[], bucket_s = 0): ChannelReadings => ({
  channel: "ISO/pressure",
  unit: "Pa",
  bucket_s,
  at,
  mean,
  min: mean.map((one) => (one === null ? null : one - 1)),
  max: mean.map((one) => (one === null ? null : one + 1)),
  n: mean.map(() => 1),
  n_good: mean.map((one) => (one === null ? 0 : 1)),
  limits: [],
  occupancy: [],
  instrument: [],
});

test.each([
  ["", { channels: [], time: { hours: 1 }, log: false }],
  ["c=A/b&c=A/c&c=A/b&h=24", { channels: ["A/b", "A/c"], time: { hours: 24 }, log: false }],
  ["c=A/b&h=0.17&log=1", { channels: ["A/b"], time: { hours: 1 / 6 }, log: true }],
  ["h=3", { channels: [], time: { hours: 1 }, log: false }],
  ["h=x&from=nothing&to=2026-11-21T06:00:00Z", { channels: [], time: { hours: 1 }, log: false }],
  ["from=2026-11-21T07:00:00Z&to=2026-11-21T06:00:00Z", { channels: [], time: { hours: 1 }, log: false }],
])("the address %s asks for %o", (query, asked) => {
  expect(askedOf(query)).toEqual(asked);
});

test("no more than eight channels are asked for", () => {
  const query = Array.from({ length: 12 }, (_, n) => `c=A/${n}`).join("&");
  expect(askedOf(query).channels).toEqual(["A/0", "A/1", "A/2", "A/3", "A/4", "A/5", "A/6", "A/7"]);
});

test("what is asked for stands in the address, and is read back from it", () => {
  const time = { start_ms: Date.parse("2026-11-21T06:00:00Z"), end_ms: Date.parse("2026-11-21T06:00:09Z") };
  for (const asked of [
    { channels: ["A/b", "PC-1/x_y.z"], time, log: true },
    { channels: ["A/b"], time: { hours: 1 / 6 }, log: false },
  ]) {
    expect(askedOf(addressOf(asked).replace("#/trends?", ""))).toEqual(asked);
  }
  expect(trendsAround("A/b", Date.parse("2026-11-21T06:10:00Z"))).toBe(
    "#/trends?c=A/b&from=2026-11-21T06:00:00.000Z&to=2026-11-21T06:20:00.000Z",
  );
});

test("a time is looked at no closer than five seconds, and no wider than the server gives", () => {
  expect(clamped({ start_ms: 10_000, end_ms: 11_000 })).toEqual({ start_ms: 8_000, end_ms: 13_000 });
  const wide = clamped({ start_ms: 0, end_ms: 1e12 });
  expect(wide.end_ms - wide.start_ms).toBe(400 * 86_400_000);
  expect(clamped({ start_ms: 0, end_ms: 60_000 })).toEqual({ start_ms: 0, end_ms: 60_000 });
});

test("what goes on ends now, and is asked for again within a share of its length", () => {
  expect(spanOf({ hours: 1 }, 3_600_000)).toEqual({ start_ms: 0, end_ms: 3_600_000 });
  expect(spanOf({ start_ms: 1, end_ms: 2 }, 9)).toEqual({ start_ms: 1, end_ms: 2 });
  expect([1 / 6, 1, 24].map(renewAfter_ms)).toEqual([2000, 12000, 60000]);
});

test("channels are found by words of either language, without those that are shown", () => {
  const found = matching(index, "iso PRESS", []).map(({ channel }) => channel.id);
  expect(found).toEqual(["ISO/pressure", "ISO/pressure_b"]);
  expect(matching(index, "iso pressure", ["ISO/pressure"]).map(({ channel }) => channel.id)).toEqual(["ISO/pressure_b"]);
  expect(matching(index, "velocity（中）", [])).toHaveLength(1);
  expect(matching(index, "  ", [])).toEqual([]);
});

test("one unit has one scale; each state has its own", () => {
  const [pressure, other, speed, door] = ["ISO/pressure", "ISO/pressure_b", "ISO/velocity", "ISO/door"].map((id) => scaleOf(source(id).channel));
  expect(pressure).toBe(other);
  expect(new Set([pressure, speed, door]).size).toBe(3);
  expect(counts(source("ISO/pressure").channel)).toBe(false);
});

test("a hole between single readings is a gap; a time that one channel alone has is none to the others", () => {
  const one = told([0, 1, 2, 30, 31], [1, 2, 3, 4, 5]);
  const two = told([1, 2.5, 31], [7, null, 8]);
  const { at_s, mean, least, most } = columnsOf([one, two], [3, 60]);
  expect(at_s).toEqual([0, 1, 2, 2.5, 16, 30, 31]);
  expect(mean[0]).toEqual([1, 2, 3, undefined, null, 4, 5]);
  expect(mean[1]).toEqual([undefined, 7, undefined, null, undefined, undefined, 8]);
  expect(least[0]?.[1]).toBe(1);
  expect(most[0]?.[1]).toBe(3);
});

test("an empty bucket is a gap by itself, however long the buckets are", () => {
  const { at_s, mean } = columnsOf([told([0, 120, 240], [1, null, 3], 120)], [3]);
  expect([at_s, mean]).toEqual([[0, 120, 240], [[1, null, 3]]]);
});

const past = (limit: string, since: string, until: string, low: number | null, high: number | null): PastLimit => ({
  limit,
  level: "alert",
  low,
  high,
  since: `2026-11-21T06:${since}Z`,
  until: `2026-11-21T06:${until}Z`,
});
const s = (time: string): number => Date.parse(`2026-11-21T06:${time}Z`) / 1000;

test("a limit that changed is a step at that time; one that was away has no step over its absence", () => {
  const steps = stepsOf([past("A", "10:00", "20:00", 25, 70), past("A", "00:00", "10:00", 30, 70), past("B", "00:00", "05:00", null, 90), past("B", "06:00", "20:00", null, 95)]);
  const shown = steps.map(({ from_s, to_s, figure, joins }) => [from_s - s("00:00"), to_s - s("00:00"), figure, joins]);
  expect(shown).toEqual([
    [0, 600, 30, null],
    [600, 1200, 25, 30],
    [0, 600, 70, null],
    [0, 300, 90, null],
    [360, 1200, 95, null],
    [600, 1200, 70, 70],
  ]);
});

test("what went on in a zone is a band from its beginning to its end", () => {
  const told = [
    { since: "2026-11-21T06:00:00Z", until: "2026-11-21T06:10:00Z", occupancy: "in_operation" as const },
    { since: "2026-11-21T06:10:00Z", until: "2026-11-21T06:20:00Z", occupancy: "at_rest" as const },
  ];
  expect(staysOf(told).map(({ from_s, to_s, what }) => [from_s - s("00:00"), to_s - s("00:00"), what])).toEqual([
    [0, 600, "in_operation"],
    [600, 1200, "at_rest"],
  ]);
});

const states = { 0: { en: "off", zh: "关" }, 1: { en: "run", zh: "运行" }, 3: { en: "VHP", zh: "灭菌" } };
const door = plant.devices[0]?.series[0]?.channels[3];
if (!door) throw new Error("no state in the plant");
const mode = { ...door, id: "ISO/mode", key: "mode", place: 5, states };
const phase = { ...door, id: "ISO/vhp_phase", key: "vhp_phase", place: 6, states };
const withMode = indexOf({
  ...plant,
  devices: plant.devices.map((device) =>
    device.id === "ISO" ? { ...device, series: device.series.map((one) => ({ ...one, channels: [...one.channels, mode, phase] })) } : device,
  ),
  suppressions: [{ id: "ISO/vhp", reason: states[3], channel: "ISO/mode", states: [3] }],
});

test("what hides alarms by design and the phases of a cycle are shaded, in their own zone only", () => {
  const shades = shadesFor([source("ISO/pressure")], withMode);
  expect(shades.map((one) => one.source.channel.id)).toEqual(["ISO/mode", "ISO/vhp_phase"]);
  expect([0, 1, 3].map((value) => shades[0]?.names(value)?.en)).toEqual([undefined, undefined, "VHP"]);
  expect([0, 1, 3].map((value) => shades[1]?.names(value)?.en)).toEqual([undefined, "run", "VHP"]);
  expect(shadesFor([source("HCI/box")], withMode)).toEqual([]);
});

test("a phase lasts as long as its state, and ends in a gap", () => {
  const [shade] = shadesFor([source("ISO/pressure")], withMode);
  if (!shade) throw new Error("nothing to shade");
  const of = (values: (number | null)[], bucket_s: number) => {
    const at = values.map((_, i) => i * (bucket_s || 1));
    const all = { ...told(at, values, bucket_s), max: values };
    return phasesOf(all, shade.names, 3).map(({ from_s, to_s, name }) => [from_s, to_s, name.en]);
  };
  expect(of([1, 3, 3, 3, 1], 0)).toEqual([[1, 4, "VHP"]]);
  expect(of([3, null, 3], 60)).toEqual([[0, 60, "VHP"], [120, 180, "VHP"]]);
  expect(of([1, 1], 0)).toEqual([]);
});
