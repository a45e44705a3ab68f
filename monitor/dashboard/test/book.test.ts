import { expect, test } from "vitest";
import type { BookLine } from "../src/admin";
import { about, changes, facts, instant, local, query, why } from "../src/book";

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

test("a time of the plant is the instant that its clock shows it, and back", () => {
  expect(instant("2026-03-02T08:15", "Asia/Shanghai")).toBe("2026-03-02T00:15:00.000Z");
  expect(instant("2026-03-02T08:15", "America/New_York")).toBe("2026-03-02T13:15:00.000Z");
  expect(instant("2026-03-02T08:15", "UTC")).toBe("2026-03-02T08:15:00.000Z");
  expect(instant("", "UTC")).toBe("");
  expect(local(Date.parse("2026-03-02T00:15:00Z"), "Asia/Shanghai")).toBe("2026-03-02T08:15");
});

test("a time just after the clocks were set forward is not an hour off", () => {
  expect(instant("2026-03-08T03:30", "America/New_York")).toBe("2026-03-08T07:30:00.000Z");
});

test("only what was filled in is asked for", () => {
  const looked = { from: "2026-03-02T08:00", until: "2026-03-02T09:00", kind: "", who: " li ", chain: "", text: "" };
  expect([...query(looked, "UTC", "x").entries()]).toEqual([
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
