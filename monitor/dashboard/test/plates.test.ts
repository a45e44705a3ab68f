import { expect, test } from "vitest";
import { codeIn, counted, dueWords, labelsOf, nextIncubation, urgency, waitingFor, type OnePlate, type WholePlate } from "../src/plates";

const now = Date.parse("2026-03-02T12:00:00Z");
const made = (facts: Partial<OnePlate>): OnePlate =>
  ({ code: "V000001-95", todo: "read", due_at: null, due_by: null, cfu: null, is_too_many: false, organism: "", species: "", ...facts }) as OnePlate;

test("a code is taken as a scanner reads it and as a person types it", () => {
  expect(codeIn(" v000001-95\n")).toBe("V000001-95");
  for (const typed of ["", "V1-95", "V000001", "000001-95", "V000001-95 x"]) expect(codeIn(typed)).toBeUndefined();
});

test("what is due is told by when it can be done and by when it must", () => {
  const plate = (due_at: string | null, due_by: string | null = null) => made({ due_at, due_by });
  expect(urgency(plate(null), now)).toBe("none");
  expect(urgency(plate("2026-03-02T12:00:01Z"), now)).toBe("later");
  expect(urgency(plate("2026-03-02T12:00:00Z"), now)).toBe("now");
  expect(urgency(plate("2026-03-01T12:00:00Z", "2026-03-02T11:59:59Z"), now)).toBe("late");
  expect(dueWords(plate("2026-03-02T10:00:00Z"), now)).toBe("since 2 h 00 min");
  expect(dueWords(plate("2026-03-04T12:00:00Z", "2026-03-05T12:00:00Z"), now)).toBe("in 2 d 0 h");
  expect(dueWords(plate("2026-03-02T10:00:00Z", "2026-03-02T14:00:00Z"), now)).toBe("2 h 00 min left");
  expect(dueWords(plate("2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"), now)).toBe("overdue by 2 h 00 min");
  expect(dueWords(plate("2026-03-01T10:00:00Z"), 0)).toBe("");
});

test("what is overdue stands first, then what is due first", () => {
  const plates = [
    made({ code: "c", due_at: "2026-03-03T00:00:00Z" }),
    made({ code: "b", due_at: "2026-03-02T11:00:00Z" }),
    made({ code: "a", due_at: "2026-03-02T10:00:00Z", todo: "verify" }),
    made({ code: "d", due_at: "2026-03-01T00:00:00Z", due_by: "2026-03-02T00:00:00Z" }),
    made({ code: "e", due_at: "2026-03-02T10:00:00Z" }),
  ];
  expect(waitingFor(plates, "read", now).map(({ code }) => code)).toEqual(["d", "e", "b", "c"]);
});

test("a count is told with what grew; too many are no figure", () => {
  expect(counted(made({}))).toBe("");
  expect(counted(made({ cfu: 0 }))).toBe("0 CFU");
  expect(counted(made({ cfu: 2, organism: "Staphylococcus", species: "S. epidermidis" }))).toBe("2 CFU · S. epidermidis");
  expect(counted(made({ is_too_many: true, organism: "mould" }))).toBe("too many to count · mould");
});

test("the next step of incubation is the one behind those that have begun", () => {
  const plate = (begun: number): WholePlate =>
    ({ incubation: [{}, {}], history: [{ state: "exposed" }, ...Array.from({ length: begun }, () => ({ state: "incubating" }))] }) as unknown as WholePlate;
  expect([0, 1, 2].map((begun) => nextIncubation(plate(begun)))).toEqual([1, 2, undefined]);
});

test("labels are asked for by their codes, 200 at once at most", () => {
  expect(labelsOf([made({})], "zh")).toBe("/api/v1/samples/labels?code=V000001-95&language=zh");
  expect(labelsOf(Array.from({ length: 300 }, () => made({})), "en").split("code=")).toHaveLength(201);
});
