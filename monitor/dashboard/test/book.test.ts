import { expect, test } from "vitest";
import type { BookLine } from "../src/admin";
import { about, brief, changes, facts, inWords, query, why } from "../src/book";

const line = (body: Record<string, unknown>, other: Partial<BookLine> = {}): BookLine => ({
  chain: "people-1",
  seq: 1,
  at: "2026-03-02T08:15:01Z",
  kind: "role_changed",
  who: "admin",
  body,
  old: null,
  new: null,
  prev_hash: "",
  hash: "",
  reviewed_by: [],
  ...other,
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

test("why is told in the words of the screen: what a person said, why it came, how it went", () => {
  expect(why(line({ reason: "cleared" }, { kind: "transition" }))).toBe("back within limits");
  expect(why(line({ reason: "ask_verified" }, { kind: "change" }))).toBe("an ask was read back");
  expect(why(line({ reason: "unheard of" }, { kind: "change" }))).toBe("unheard of");
  expect(why(line({ detail: "read back on try 1" }, { kind: "result" }))).toBe("read back on try 1");
  expect(about(line({ command: { device: "ST-STM-L1" }, detail: "" }))).toBe("ST-STM-L1");
  expect(about(line({ what: "acknowledgement", of: "ISO/rh/alert" }))).toBe("ISO/rh/alert");
});

test("what was and what is are told in the words of the screen where the service has one", () => {
  const told = (kind: string, old: string | null, now: string | null) => inWords(line({}, { kind, old, new: now }));
  expect(told("transition", "UNACK", "ACKED")).toEqual({ name: "", old: "Not acknowledged", now: "Acknowledged" });
  expect(told("change", "ACKED", "LATCHED")).toEqual({ name: "", old: "taken, not yet seen", now: "has its effect, held" });
  expect(told("change", "acked, requested", "verified, requested")?.now).toBe("verified, asked");
  expect(told("command", null, "red on, buzzer off")).toEqual({ name: "", old: undefined, now: "red on, buzzer off" });
  expect(told("result", null, "failed")?.now).toBe("failed");
  expect(told("role_changed", "operator", "engineer")).toBeUndefined();
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
