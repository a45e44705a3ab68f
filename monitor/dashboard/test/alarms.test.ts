import { expect, test } from "vitest";
import { byPriority, changed, crossing, foremost, place, title, worst } from "../src/alarms";
import { alike, indexOf, firstZone } from "../src/plant";
import { alarm, plant, shared } from "./plant";

const index = indexOf(plant);

test("the worst level first, then what nobody has seen, then the newest", () => {
  const list = [
    alarm("d", { level: "diagnostic", raised_at: "2026-11-21T06:00:09Z" }),
    alarm("seen", { acknowledged: true, raised_at: "2026-11-21T06:00:05Z" }),
    alarm("older", { raised_at: "2026-11-21T06:00:01Z" }),
    alarm("newer", { raised_at: "2026-11-21T06:00:03Z" }),
    alarm("a", { level: "alert" }),
  ];
  expect(list.sort(byPriority).map(({ id }) => id)).toEqual(["newer", "older", "seen", "a", "d"]);
});

test("priority goes before level, and what came first of its line before what is newer", () => {
  const list = [
    alarm("newest", { raised_at: "2026-11-21T06:00:09Z" }),
    alarm("first-out", { raised_at: "2026-11-21T06:00:01Z", first_out: true }),
    alarm("seen", { first_out: true, acknowledged: true }),
    alarm("medium", { priority: "medium", first_out: true }),
    alarm("critical", { priority: "critical", level: "alert" }),
  ];
  expect(list.sort(byPriority).map(({ id }) => id)).toEqual(["critical", "first-out", "newest", "seen", "medium"]);
});

test("what speaks for a zone is what came first, among the worst that are still active", () => {
  const over = alarm("over", { active: false, raised_at: "2026-11-21T06:00:00Z" });
  const cause = alarm("cause", { raised_at: "2026-11-21T06:00:01Z" });
  const later = alarm("later", { raised_at: "2026-11-21T06:00:02Z" });
  const milder = alarm("milder", { level: "alert", raised_at: "2026-11-21T05:00:00Z" });
  expect(foremost([milder, later, over, cause])).toBe(cause);
  expect(foremost([milder, over])).toBe(milder);
  expect(foremost([over])).toBe(over);
  expect(foremost([])).toBeUndefined();
  const [first, second] = [alarm("ISO/pressure/action"), alarm("ISO/pressure_b/action")];
  expect(foremost([second, first])).toBe(first);
});

test("a change replaces, NORM removes, and an answer that comes late changes nothing", () => {
  const before = new Map([["x", alarm("x", { changed_at: "2026-11-21T06:00:05Z" })]]);
  const acked = alarm("x", { changed_at: "2026-11-21T06:00:06Z", state: "ACKED", acknowledged: true });
  expect(changed(before, acked).get("x")).toBe(acked);
  expect(changed(before, { ...acked, state: "NORM" }).size).toBe(0);
  expect(changed(before, alarm("x", { changed_at: "2026-11-21T06:00:04Z" }))).toBe(before);
  expect(before.size).toBe(1);
});

test("an alarm of a limit says what, where, how bad and against what", () => {
  const low = alarm("ISO/pressure/action");
  expect([title(low, index), place(low, index), worst(low, index), crossing(low, index)]).toEqual([
    "pressure · low",
    "L1 · Isolator",
    "3.1 Pa",
    "▼ 20 Pa",
  ]);
  expect(crossing(alarm("ISO/pressure/alert", { level: "alert", worst: 71 }), index)).toBe("▲ 70 Pa");
});

test("alarms that are of no limit have words too", () => {
  const none = { channel: null, worst: null } as const;
  expect(title(alarm("ISO/communication", none), index)).toBe("Isolator · communication lost");
  expect(title(alarm("ISO/pressure/blind", { worst: null }), index)).toBe("pressure · no usable value");
  expect(title(alarm("ISO/P-01/failed", none), index)).toBe("P-01 Pressure lost · failed");
  expect(title(alarm("ISO/P-01", none), index)).toBe("P-01 Pressure lost");
  const service = alarm("service/journal", { ...none, device: null, zone: null, line: null });
  expect([title(service, index), place(service, index)]).toEqual(["The journal cannot be written", ""]);
  expect(title(alarm("service/lockout-of-cao", none), index)).toBe("Account cao is locked: too many wrong passwords");
  expect(title(alarm("gone/gone/alert", { channel: "gone/gone" }), index)).toBe("gone/gone/alert");
});

test("a tile shows limited channels, pressure first, one for each unit", () => {
  const face = index.zones.get("L1-ISO")?.face.map(({ channel }) => channel.key);
  expect(face).toEqual(["pressure", "velocity"]);
  expect(index.zones.get("L1-C")?.face).toEqual([]);
});

test("a filter's pressure drop is not taken for the pressure of a zone", () => {
  const told = (id: string) => indexOf(shared).zones.get(id)?.face.map(({ channel }) => channel.key);
  expect(told("CORR")).toEqual(["speed"]);
});

test("where several devices stand and no air is watched, each has a row with what tells most of it", () => {
  const told = (id: string) => indexOf(shared).zones.get(id)?.board.map(({ device, lead }) => [device.id, lead?.channel.key]);
  expect(told("CORR")).toEqual([["AHU", "speed"], ["DOORS", undefined]]);
  expect(told("STORE-1")).toEqual([["FRIDGE", "temp"], ["FREEZER", "temp"]]);
  expect(told("L1-ISO")).toEqual([]);
  const alone = indexOf({ ...shared, devices: shared.devices.filter(({ id }) => id !== "FREEZER") });
  expect(alone.zones.get("STORE-1")?.board).toEqual([]);
});

test("an alarm of what lines share is placed in its workshop", () => {
  const of = indexOf(shared);
  expect(place(alarm("AHU/speed/alert", { zone: "CORR", line: null, device: "AHU" }), of)).toBe("W · Corridor");
});

test("numbered chambers make a comb; the look falls on the first grade A zone that measures something", () => {
  const comb = index.zones.get("L1-HCI");
  const first = comb?.face[0];
  expect(comb?.chambers.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  expect(first?.channel.id).toBe("HCI/ch1_temp");
  expect(comb && first && alike(comb, first).map(({ channel }) => channel.key)).toEqual(
    [1, 2, 3, 4].map((n) => `ch${n}_temp`),
  );
  expect(index.zones.get("L1-ISO")?.chambers).toEqual([]);
  expect(firstZone(index)?.zone.id).toBe("L1-ISO");
});
