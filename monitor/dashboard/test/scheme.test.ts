import { expect, test } from "vitest";
import type { Channel, Device, Kind, Plant } from "../src/api-types";
import { filled, leftOf, sizesOf } from "../src/counter";
import { isUnderWay, doingsOf } from "../src/line";
import { lookOf } from "../src/look";
import { workshopsOf } from "../src/areas";
import { indexOf, type Source } from "../src/plant";
import { channelsOf, kindOf, openingState, openingsOf, schemeOf } from "../src/scheme";
import { limit, plant } from "./plant";

const both = (en: string) => ({ en, zh: en });
const door = { 0: both("open"), 1: both("closed"), 2: both("locked"), 3: both("moving"), 4: both("fault") };

function device(id: string, zone: string, told: [string, string, Kind?, Record<number, { en: string; zh: string }>?][], records = 0): Device {
  const channels = told.map(([key, unit, kind = "analog", states = {}], place): Channel => ({
    id: `${id}/${key}`, key, unit, kind, label: both(key), zone, place, states, bits: {}, clear_bits: {},
  }));
  const series = [{ id, records: false, channels: channels.slice(records) }];
  if (records > 0) series.push({ id: `${id}#records`, records: true, channels: channels.slice(0, records) });
  return { id, label: both(id), zone, workshop: "W", line: "L1", profile: "p", period_s: 1, series };
}

const isolator = device("BOX", "L1-ISO", [
  ["chamber_pressure", "Pa"], ["chamber_pressure_b", "Pa"], ["transfer_pressure", "Pa"], ["hepa_dp_1", "Pa"], ["air_velocity_1", "m/s"],
  ["window", "", "state", door], ["transfer_outer", "", "state", door], ["transfer_inner", "", "state", door],
  ["rtp_1", "", "state", door], ["rtp_lock_1", "", "state", door], ["valve_fresh", "", "state", door],
  ["glove_1_leak", "Pa/min"], ["glove_2_leak", "Pa/min"],
  ["vhp_phase", "", "state", { 0: both("idle"), 4: both("dwell") }], ["vhp_remaining", "s"], ["mode", "", "state", { 2: both("production") }],
]);
const doors = device("DI", "L1-C", Array.from({ length: 13 }, (_, i): [string, string, Kind, typeof door] => [`door_${i + 1}_closed`, "", "state", door]));
const counter = device("PC", "L1-ISO", [["cnt_0_5", "count", "count"], ["volume", "L"], ["flow", "cfm"]], 2);
const lamp = device("ST", "L1-C", [["tier_1", "", "state", { 0: both("off"), 1: both("on") }]]);
const reckoned = (key: string, formula: Plant["derived"][number]["formula"]) => ({
  id: `PC/${key}`, device: "PC", series: "PC#records", zone: "L1-ISO", unit: "1/m3", label: both(key), formula, inputs: ["PC/cnt_0_5"],
});

const index = indexOf({
  ...plant,
  lines: plant.lines.map((line) => ({ ...line, tower: "ST" })),
  devices: [...plant.devices, isolator, doors, counter, lamp],
  limits: [...plant.limits, limit("PC/rolling_m3_0_5", "action", null, 3520), limit("PC/rolling_m3_5_0", "action", null, 20)],
  derived: [reckoned("rolling_m3_5_0", "rolling_volume"), reckoned("rolling_m3_0_5", "rolling_volume"), reckoned("counts_left_5_0", "counts_left")],
});
const scheme = schemeOf(channelsOf(isolator, index));
const keys = (sources: readonly Source[]): string[] => sources.map(({ channel }) => channel.key);

test("how a device is drawn follows from its channels, whatever its profile", () => {
  const kinds = index.plant.devices.map((one) => [one.id, kindOf(one, index)]);
  expect(kinds).toEqual([["ISO", "plain"], ["HCI", "comb"], ["BOX", "enclosure"], ["DI", "doors"], ["PC", "counter"], ["ST", "tower"]]);
});

test("a space has the pressures and the doors that bear its name; valves and locks are no doors", () => {
  expect(scheme.spaces.map(({ name, pressures, openings }) => [name, keys(pressures), openings.map(({ key }) => key)])).toEqual([
    ["chamber", ["chamber_pressure", "chamber_pressure_b"], []],
    ["transfer", ["transfer_pressure"], ["transfer_outer", "transfer_inner"]],
  ]);
  expect(scheme.openings.map(({ key }) => key)).toEqual(["window", "rtp_1"]);
  expect([keys(scheme.gloves), keys(scheme.filters), keys(scheme.flows)]).toEqual([["glove_1_leak", "glove_2_leak"], ["hepa_dp_1"], ["air_velocity_1"]]);
  expect([scheme.mode, scheme.phase, scheme.left].map((source) => source?.channel.key)).toEqual(["mode", "vhp_phase", "vhp_remaining"]);
});

test("a door stands as its channels say: a closed one with a lock is locked, and one without a value is not known", () => {
  const [opening] = openingsOf(channelsOf(isolator, index)).filter(({ key }) => key === "rtp_1");
  if (!opening) throw new Error("no door");
  const told = (values: Record<string, number>) => openingState(opening, ({ channel }) => values[channel.key] ?? null);
  expect(told({ rtp_1: 1 })).toBe("closed");
  expect(told({ rtp_1: 1, rtp_lock_1: 2 })).toBe("locked");
  expect(told({ rtp_1: 0, rtp_lock_1: 2 })).toBe("open");
  expect([told({ rtp_1: 3 }), told({ rtp_1: 4 }), told({ rtp_1: 9 }), told({})]).toEqual(["moving", "fault", "unknown", "unknown"]);
});

test("a counter has a bar for each size, with what is left as reckoned or as the distance to the limit", () => {
  const { rolls, sizes } = sizesOf(counter, index);
  expect(rolls).toBe(true);
  expect(sizes.map(({ um, action, left }) => [um, action, left?.channel.key])).toEqual([["0.5", 3520, undefined], ["5.0", 20, "counts_left_5_0"]]);
  const [small, large] = sizes;
  if (!small || !large) throw new Error("no sizes");
  expect(leftOf(small, 388, null)).toBe(3132);
  expect(leftOf(large, 6, 14)).toBe(14);
  expect(leftOf(small, null, null)).toBeNull();
  expect([filled(1760, 3520), filled(4000, 3520), filled(null, 3520), filled(-1, 10), filled(1, null)]).toEqual([0.5, 1, 0, 0, 0]);
});

test("at a line's head stand the machines in which product is open; a first phase is nothing under way", () => {
  const [line] = workshopsOf(index)[0]?.areas ?? [];
  if (!line) throw new Error("no line");
  expect(doingsOf(line, index).map(({ device: id }) => id)).toEqual(["BOX"]);
  expect([isUnderWay(scheme.phase, 0), isUnderWay(scheme.phase, 4), isUnderWay(scheme.phase, null), isUnderWay(undefined, 4)]).toEqual([false, true, false, false]);
});

test("each reason not to rely on a value has a look of its own", () => {
  expect(lookOf({ standing: "fresh", quality: "good" })).toBe("");
  expect(lookOf({ standing: "doubtful", quality: "uncertain" })).toBe("");
  expect(lookOf({ standing: "old", quality: "good" })).toBe("stale");
  expect(lookOf({ standing: "blind", quality: "stale" })).toBe("stale");
  expect(lookOf({ standing: "blind", quality: "unreachable" })).toBe("bad");
  expect(lookOf({ standing: "simulated", quality: "simulated" })).toBe("simulated");
});
