import { beforeEach, expect, test } from "vitest";
import type { Health, Message, Protection, Sample } from "../src/api-types";
import { goingOn } from "../src/line";
import { indexOf } from "../src/plant";
import * as store from "../src/store";
import { alarm, plant } from "./plant";

const at = "2026-11-21T06:00:00.000000+00:00";
const both = { en: "Stop.", zh: "停" };
const health: Health = {
  at,
  status: "ok",
  devices: 2,
  devices_live: 2,
  oldest_sample_age_s: 0.5,
  clock: { ahead_s: 0, synchronised: true },
  database: { ok: true, detail: "", waiting: 0 },
  journal: { ok: true, detail: "", entries: 0 },
  inbox: { size: 0, limit: 10, lost: 0 },
  poll_lateness_ms: { p50: 1, p99: 2 },
};
const sample = (s: number, values: (number | null)[]): Sample & { type: "sample" } => ({
  type: "sample",
  series: "ISO",
  at: new Date(Date.parse(at) + s * 1000).toISOString(),
  received_at: at,
  values,
  quality: null,
  backfilled: false,
  reason: "",
  derived: {},
});
const snapshot: Message = {
  type: "snapshot",
  at,
  plant_sha256: "00ff",
  samples: [sample(0, [0.45, 45, 45, 1, 2])],
  alarms: [alarm("ISO/pressure/action")],
  protections: [],
  occupancy: { "L1-ISO": "in_operation" },
  batches: [],
  health,
};

beforeEach(() => {
  store.now_ms.value = 1000;
  store.usePlant(indexOf(plant));
  store.linkEvent({ kind: "connecting", at_ms: 1000 });
  store.linkEvent({ kind: "opened", at_ms: 1000 });
  store.receive([snapshot], 1000);
});

const pressure = () => {
  const source = store.index.value?.channels.get("ISO/pressure");
  if (!source) throw new Error("no such channel");
  return store.readingOf(source);
};

test("a snapshot makes the screen live, with values, alarms and the server's time", () => {
  expect(store.notLive.value).toBeNull();
  expect(pressure().value).toMatchObject({ value: 45, standing: "fresh", age_s: 0 });
  expect(store.alarmList.value.map(({ id }) => id)).toEqual(["ISO/pressure/action"]);
  expect(store.alarmsByZone.value.get("L1-ISO")).toHaveLength(1);
  expect(store.server_ms.value).toBe(Date.parse(at));
});

test("without messages the values grow old and the screen says that it is not live", () => {
  store.now_ms.value = 4001;
  expect(pressure().value.standing).toBe("old");
  expect(store.notLive.value).toBe("silent");
});

test("every sample is heard, also those that came together", () => {
  const heard: (number | null | undefined)[] = [];
  const deaf = store.listen("ISO", ({ values }) => heard.push(values[1]));
  store.receive([sample(1, [0, 44]), sample(2, [0, 43])], 1100);
  deaf();
  store.receive([sample(3, [0, 42])], 1200);
  expect(heard).toEqual([44, 43]);
  expect(pressure().value.value).toBe(42);
});

test("an alarm that is over and seen leaves the list", () => {
  const over = alarm("ISO/pressure/action", { state: "NORM", changed_at: "2026-11-21T06:00:09Z" });
  store.receive([{ type: "alarm", reason: "cleared", at, alarm: over }], 1100);
  expect(store.alarmList.value).toEqual([]);
});

test("the first look falls on what is measured in grade A, and an alarm leads to its channel", () => {
  expect(store.focus.value).toEqual({ zone: "L1-ISO" });
  store.lookAtZone("L1-HCI");
  expect(store.chosenChannel.value).toBe("HCI/ch1_temp");
  store.lookAtAlarm(alarm("ISO/pressure/action"));
  expect([store.focus.value, store.chosenChannel.value]).toEqual([{ zone: "L1-ISO" }, "ISO/pressure"]);
  store.lookAtAlarm(alarm("HCI/communication", { channel: null, device: "HCI" }));
  expect(store.focus.value).toEqual({ device: "HCI" });
});

test("what is hidden is in its own list, and speaks in no other", () => {
  store.receive([{ ...snapshot, alarms: [alarm("ISO/pressure/action", { state: "DSUPR", suppressed_by: ["vhp"] }), alarm("ISO/pressure/alert")] }], 2000);
  expect(store.alarmList.value.map(({ id }) => id)).toEqual(["ISO/pressure/alert"]);
  expect(store.hiddenAlarms.value.map(({ id }) => id)).toEqual(["ISO/pressure/action"]);
});

test("a protective action stands from its message to the one that says it is armed again; a viewer may do nothing", () => {
  const one: Protection = {
    ...{ id: "ISO/P-01", code: "P-01", device: "ISO", zone: "L1-ISO", line: "L1", kind: "protect", state: "REQUESTED" },
    ...{ label: both, instruction: both, dry_run: false, inhibited: null, reset_by: [], needs_confirmation: false },
    ...{ triggered_at: at, changed_at: at, because: [], failed: false, detail: "", asks: [], release_asks: [] },
  };
  const tell = (protection: Protection) => store.receive([{ type: "protection", at, reason: "", who: [], comment: "", protection }], 1100);
  tell(one);
  expect(store.runningProtections.value).toEqual([one]);
  tell({ ...one, state: "ARMED" });
  expect(store.protections.value.size).toBe(0);
  expect(store.may("shelve")).toBe(false);
  store.person.value = { name: "li", display: "Li", role: "operator", language: "zh", must_change: false, has_pin: false, deeds: ["shelve"], signs_as: ["operator"] };
  expect(store.may("shelve")).toBe(true);
  expect(store.may("approve_plant")).toBe(false);
});

test("an alarm on what is reckoned is looked at by the channel behind it", () => {
  const of = (id: string, input: string) => ({
    id, device: "ISO", series: "ISO", zone: "L1-ISO", unit: "Pa/s", label: both, formula: "rate" as const, inputs: [input],
  });
  const derived = [of("ISO/rate", "ISO/pressure"), of("ISO/twice", "ISO/rate")];
  store.usePlant(indexOf({ ...plant, derived }));
  store.lookAtAlarm(alarm("ISO/twice/action", { channel: "ISO/twice" }));
  expect([store.focus.value, store.chosenChannel.value]).toEqual([{ zone: "L1-ISO" }, "ISO/pressure"]);
});

test("a batch runs on a line from its beginning to its end, and the snapshot says which runs", () => {
  const at = "2026-03-02T08:15:01.000000+00:00";
  const batch = { id: "B-1", line: "L1", product: "MSC", stage: "open", zones: ["L1-ISO"], since: at, stage_since: at, who: "li" };
  store.receive([{ ...snapshot, batches: [batch] }], 1000);
  expect(store.batches.value.get("L1")?.id).toBe("B-1");
  store.receive([{ type: "batch", at, line: "L1", batch: { ...batch, stage: "fill" } }], 1100);
  expect(store.batches.value.get("L1")?.stage).toBe("fill");
  store.receive([{ type: "batch", at, line: "L1", batch: null }], 1200);
  expect(store.batches.value.size).toBe(0);
  store.receive([snapshot], 1250);
});

test("what goes on in a zone stands from the snapshot until a person says otherwise", () => {
  expect(goingOn(["L1-ISO", "L1-C"], store.occupancy.value)).toBeUndefined();
  store.receive([{ type: "occupancy", at, zone: "L1-C", occupancy: "at_rest" }], 1100);
  expect(goingOn(["L1-ISO", "L1-C"], store.occupancy.value)).toEqual({ what: "in_operation", rest: 1, all: 2 });
  store.receive([{ type: "occupancy", at, zone: "L1-ISO", occupancy: "at_rest" }], 1200);
  expect(goingOn(["L1-ISO", "L1-C"], store.occupancy.value)?.what).toBe("at_rest");
  store.receive([snapshot], 1300);
  expect(store.occupancy.value.get("L1-C")).toBeUndefined();
});
