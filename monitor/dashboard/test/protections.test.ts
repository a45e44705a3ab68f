import { expect, test } from "vitest";
import type { Protection } from "../src/api-types";
import { isKey } from "../src/i18n";
import { byUrgency, isLatched, mayBeEnded, runs, standing, stateKey, states, waitsForWord } from "../src/protections";

const both = (word: string) => ({ en: word, zh: word });

const protection = (id: string, given: Partial<Protection> = {}): Protection => ({
  id,
  code: id,
  device: "ISO",
  zone: "L1-ISO",
  line: "L1",
  label: both("Pressure lost"),
  kind: "protect",
  state: "REQUESTED",
  dry_run: false,
  inhibited: null,
  instruction: both("Stop."),
  reset_by: ["operator", "qa"],
  needs_confirmation: false,
  triggered_at: "2026-11-21T06:00:00Z",
  changed_at: "2026-11-21T06:00:00Z",
  because: [],
  failed: false,
  detail: "",
  asks: [],
  release_asks: [],
  ...given,
});

const off = { since: "", until: "", who: "li", second: "wang", reason: "service" };

test("what is armed again is not kept, but for what is switched off", () => {
  const before = standing(new Map(), protection("P-01"));
  expect([...before.keys()]).toEqual(["P-01"]);
  expect(standing(before, protection("P-01", { state: "ARMED" })).size).toBe(0);
  const kept = standing(before, protection("P-01", { state: "ARMED", inhibited: off }));
  expect([...kept.values()].map(runs)).toEqual([false]);
  expect(before.get("P-01")?.state).toBe("REQUESTED");
});

test("a person ends what is latched or has failed, and not what ends by itself", () => {
  const may = (given: Partial<Protection>) => mayBeEnded(protection("P", given));
  expect(may({ state: "LATCHED" })).toBe(true);
  expect(may({ state: "FAILED" })).toBe(true);
  expect(may({ state: "ACKED" })).toBe(false);
  expect(may({ state: "FAILED", reset_by: [] })).toBe(false);
  expect(isLatched(protection("P", { state: "FAILED" }))).toBe(false);
});

test("only what was triggered, needs a word and would really ask waits for it", () => {
  const waits = (given: Partial<Protection>) => waitsForWord(protection("P", { needs_confirmation: true, state: "TRIGGERED", ...given }));
  expect(waits({})).toBe(true);
  expect([waits({ state: "REQUESTED" }), waits({ needs_confirmation: false }), waits({ dry_run: true })]).toEqual([false, false, false]);
});

test("what failed comes first, then what waits for a word, then what came first", () => {
  const list = [
    protection("later", { triggered_at: "2026-11-21T06:00:09Z" }),
    protection("first"),
    protection("waits", { needs_confirmation: true, state: "TRIGGERED", triggered_at: "2026-11-21T06:00:10Z" }),
    protection("failed", { failed: true, state: "FAILED", triggered_at: "2026-11-21T06:00:11Z" }),
  ];
  expect(list.sort(byUrgency).map(({ id }) => id)).toEqual(["failed", "waits", "first", "later"]);
});

test("every state has words, also one that this screen does not know", () => {
  for (const state of states) expect(isKey(`protection_${state}`), state).toBe(true);
  expect(stateKey(protection("P", { state: "LATCHED" }))).toBe("LATCHED");
  expect(stateKey(protection("P", { state: "NEW" }))).toBe("REQUESTED");
});
