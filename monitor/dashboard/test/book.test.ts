import { expect, test } from "vitest";
import type { BookLine } from "../src/admin";
import { about, brief, changes, facts, query, why } from "../src/book";

const line = (body: Record<string, unknown>): BookLine => ({
  chain: "people-1",
  seq: 1,
  at: "2026-03-02T08:15:01Z",
  kind: "role_changed",
  who: "admin",
  body,
  prev_hash: "",
  hash: "",
  reviewed_by: [],
});

test("only what was filled in is asked for", () => {
  const looked = { start_ms: Date.parse("2026-03-02T08:00Z"), end_ms: Date.parse("2026-03-02T09:00Z"), kind: "", who: " li ", chain: "", text: "" };
  expect([...query(looked, "x").entries()]).toEqual([
    ["start", "2026-03-02T08:00:00.000Z"],
    ["end", "2026-03-02T09:00:00.000Z"],
    ["who", "li"],
    ["after", "x"],
  ]);
});

test("a line tells what it is about, and why", () => {
  expect(about(line({ what: "li", alarm: "x" }))).toBe("li");
  expect(about(line({ alarm: "ISO/rh/alert" }))).toBe("ISO/rh/alert");
  expect(about(line({}))).toBe("");
  expect(why(line({ reason: "promoted" }))).toBe("promoted");
  expect(why(line({ reason: "acknowledged", comment: "glove changed" }))).toBe("glove changed");
});

test("what a line changed is told fact by fact, without what stayed", () => {
  expect(changes(line({ old: "operator", new: "engineer" }))).toEqual([{ name: "", old: "operator", now: "engineer" }]);
  expect(changes(line({ before: { active: false, times: 1 }, after: { active: true, times: 1 } }))).toEqual([
    { name: "active", old: "false", now: "true" },
  ]);
  expect(changes(line({ old: null, new: { what: "alarms", deeds: ["look"] } }))).toEqual([
    { name: "what", old: undefined, now: "alarms" },
    { name: "deeds", old: undefined, now: '["look"]' },
  ]);
  expect(changes(line({ old: null, new: null }))).toEqual([]);
});

test("everything else that a line says is told too", () => {
  expect(facts(line({ role: "qa", old: 1, new: 2, reason: "", second: null, n: 0 }))).toEqual([
    ["role", "qa"],
    ["n", "0"],
  ]);
});

test("a long value is cut in a row, and none is a dash", () => {
  expect(brief("2c7ea05fbdc9eaa83e9d30f4")).toBe("2c7ea05fbdc9eaa83e9d30f4");
  expect(brief("2c7ea05fbdc9eaa83e9d30f44")).toBe("2c7ea05fbdc9eaa83e9d30f…");
  expect(brief(undefined)).toBe("—");
});
