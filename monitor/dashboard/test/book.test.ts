import { expect, test } from "vitest";
import type { BookLine } from "../src/admin";
import { addressOfBook, about, brief, changes, factWord, facts, inWords, query, spanAsked, why, written } from "../src/book";
import { texts } from "../src/i18n";

const zone = "Asia/Shanghai";

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
  expect(about(line({ what: "li", alarm: "x" }), zone)).toBe("li");
  expect(about(line({ alarm: "ISO/rh/alert" }), zone)).toBe("ISO/rh/alert");
  expect(about(line({ batch: "B-1", plant: "2c7e" }), zone)).toBe("B-1");
  expect(about(line({ person: "li", key: "x|1" }), zone)).toBe("li");
  expect(about(line({ minute: "2026-03-02T08:15:00+00:00", series: 92 }), zone)).toBe("2026-03-02 16:15:00");
  expect(about(line({ what: "session" }), zone)).toBe(texts.en.about_session);
  expect(about(line({}), zone)).toBe("");
  expect(why(line({ reason: "promoted" }))).toBe("promoted");
  expect(why(line({ reason: "acknowledged", comment: "glove changed" }))).toBe("glove changed");
});

test("why is told in the words of the screen: what a person said, why it came, how it went", () => {
  expect(why(line({ reason: "cleared" }, { kind: "transition" }))).toBe("back within limits");
  expect(why(line({ reason: "ask_verified" }, { kind: "change" }))).toBe("an ask was read back");
  expect(why(line({ reason: "unheard of" }, { kind: "change" }))).toBe("unheard of");
  expect(why(line({ reason: "the command before failed" }, { kind: "command" }))).toBe(texts.en.detail_before_failed);
  expect(why(line({ detail: "read back on try 1" }, { kind: "result" }))).toBe("read back on try 1");
  expect(about(line({ command: { device: "ST-STM-L1" }, detail: "" }), zone)).toBe("ST-STM-L1");
  expect(about(line({ what: "acknowledgement", of: "ISO/rh/alert" }), zone)).toBe("ISO/rh/alert");
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

test("what a line changed is told fact by fact, in words, without what stayed", () => {
  expect(changes(line({ old: "operator", new: "engineer" }), zone)).toEqual([{ name: "", old: "operator", now: "engineer" }]);
  expect(changes(line({ before: { active: false, times: 1 }, after: { active: true, times: 1 } }), zone)).toEqual([
    { name: "stands", old: "no", now: "yes" },
  ]);
  expect(changes(line({ old: null, new: { what: "alarms", deeds: ["look"] } }), zone)).toEqual([
    { name: "what", old: undefined, now: "alarms" },
    { name: "rights", old: undefined, now: texts.en.deed_look },
  ]);
  expect(changes(line({ old: { role: "qa" }, new: { role: "engineer" } }), zone)).toEqual([{ name: "role", old: "QA", now: "engineer" }]);
  expect(changes(line({ old: null, new: { about: [], comment: "" } }), zone)).toEqual([]);
  expect(changes(line({ old: null, new: null }), zone)).toEqual([]);
});

test("everything else that a line says is told too", () => {
  expect(facts(line({ role: "qa", old: 1, new: 2, reason: "", second: null, n: 0 }), zone)).toEqual([
    ["role", "QA"],
    ["n", "0"],
  ]);
});

test("no fact is told as JSON: instants are by the plant's clock, what holds facts tells them by name", () => {
  expect(written("2026-03-02T08:15:01.000004+00:00", zone)).toBe("2026-03-02 16:15:01");
  // What only begins like an instant, or is none of the calendar, stands as it is.
  expect(written("2026-03-02T08:15:01Z to the end", zone)).toBe("2026-03-02T08:15:01Z to the end");
  expect(written("2026-13-02T08:15:01Z", zone)).toBe("2026-13-02T08:15:01Z");
  expect(written({ until: "2026-03-02T08:15:01Z", cfu: 2, species: null, too_many: false }, zone)).toBe(
    "until: 2026-03-02 16:15:01; colonies, CFU: 2; too many to count: no",
  );
  expect(written([{ celsius_low: 20 }, { celsius_low: 30 }], zone)).toBe("from, °C: 20, from, °C: 30");
  expect(written({ en: "Isolator", zh: "隔离器" }, zone)).toBe("Isolator");
  expect(written("read", zone, "state")).toBe(texts.en.plate_state_read);
  expect([factWord("cycle_no"), factWord("of a later version")]).toEqual(["cycle no.", "of a later version"]);
});

test("a long value is cut in a row, and none is a dash", () => {
  expect(brief("2c7ea05fbdc9eaa83e9d30f4")).toBe("2c7ea05fbdc9eaa83e9d30f4");
  expect(brief("2c7ea05fbdc9eaa83e9d30f44")).toBe("2c7ea05fbdc9eaa83e9d30f…");
  expect(brief(undefined)).toBe("—");
});

test("an address asks for a period in whole seconds around it, or for none", () => {
  const address = addressOfBook("2026-03-02T08:15:01.000004+00:00", "2026-03-02T09:15:00.500000+00:00");
  expect(address).toBe("#/book?from=2026-03-02T08:15:01.000Z&to=2026-03-02T09:15:01.000Z");
  expect(spanAsked(address)).toEqual({ start_ms: Date.parse("2026-03-02T08:15:01Z"), end_ms: Date.parse("2026-03-02T09:15:01Z") });
  expect([spanAsked("#/book"), spanAsked("#/book?from=x&to=y")]).toEqual([null, null]);
});
