import { afterEach, expect, test } from "vitest";
import { title } from "../src/alarms";
import type { Instrument, InstrumentEntry } from "../src/api-types";
import { language } from "../src/i18n";
import { calibrationTitle, counted, daysLeft, differs, dueInstrument, listed, matches } from "../src/instruments";
import { indexOf } from "../src/plant";
import { alarm, plant } from "./plant";

afterEach(() => {
  language.value = "en";
});

const entry: InstrumentEntry = {
  number: 1,
  since: "2026-03-01",
  category: "A",
  serial: "SN-17",
  certificate: "JL-2026-0317",
  calibrated_on: "2026-02-27",
  due_on: "2027-02-26",
  iq_on: null,
  oq_on: null,
  pq_on: null,
  qualified_until: null,
  reason: "yearly",
  noted_by: "li",
  noted_at: "2026-03-01T08:00:00Z",
  confirmed_by: "wang",
  confirmed_at: "2026-03-01T09:00:00Z",
};

const instrument = (id: string, given: Partial<Instrument> = {}): Instrument => ({
  id,
  device: id,
  label: { en: "Particle counter", zh: "粒子计数器" },
  zone: "L1-ISO",
  state: "in_order",
  days_left: 300,
  qualified_days_left: null,
  told_due_on: null,
  entry,
  waiting: null,
  ...given,
});

const all = [
  instrument("A"),
  instrument("B", { state: "due_in_3_months", days_left: 80 }),
  instrument("C", { state: "overdue", days_left: -2 }),
  instrument("D", { state: "due_in_3_months", days_left: 40 }),
  instrument("E", { state: "unknown", days_left: null, entry: null }),
  instrument("F", { waiting: entry }),
  instrument("G", { state: "unqualified" }),
];
const ids = (rows: readonly Instrument[]): string => rows.map(({ id }) => id).join("");

test("what makes readings doubtful comes first, then what is due first", () => {
  expect(ids(listed(all, "", false))).toBe("GCEDBAF");
  expect(ids(listed(all, "", true))).toBe("GCEDBF");
  expect(counted(all)).toEqual([
    ["unqualified", 1],
    ["overdue", 1],
    ["unknown", 1],
    ["due_in_3_months", 2],
  ]);
});

test("an instrument is found by its numbers, its name and its state, in either language", () => {
  for (const words of ["sn-17", "jl-2026 粒子", "Counter L1-ISO", "overdue", "过期", ""]) expect(matches(all[2]!, words), words).toBe(true);
  expect(matches(all[2]!, "counter JL-2025")).toBe(false);
  expect(ids(listed(all, "sn-17", false))).toBe("GCDBAF");
});

test("a device that says another day than the register is worth a look", () => {
  expect(differs(instrument("A"))).toBe(false);
  expect(differs(instrument("A", { told_due_on: "2027-02-26" }))).toBe(false);
  expect(differs(instrument("A", { told_due_on: "2027-02-27" }))).toBe(true);
  expect(differs(instrument("A", { told_due_on: "2027-02-26", entry: null }))).toBe(true);
});

test("how long it may be used, or since when it may not", () => {
  expect(all.slice(1, 5).map((one) => daysLeft(one.days_left))).toEqual(["80 d left", "2 d over", "40 d left", ""]);
  language.value = "zh";
  expect(daysLeft(all[2]!.days_left)).toBe("已超 2 天");
});

test("what is due for requalification first comes before what is due for calibration later", () => {
  const later = instrument("A", { days_left: 200 });
  const sooner = instrument("B", { days_left: 300, qualified_days_left: 100 });
  expect(ids(listed([later, sooner, instrument("C", { days_left: null })], "", false))).toBe("BAC");
});

test("an alarm about a calibration says how soon and of what, in both languages", () => {
  const index = indexOf(plant);
  const none = { channel: null, device: null, zone: null, line: null };
  const overdue = alarm("service/calibration-overdue-of-ISO/velocity", none);
  expect(dueInstrument(overdue.id)).toBe("ISO/velocity");
  expect(dueInstrument("service/requalification-in-1-month-of-ISO")).toBe("ISO");
  expect(dueInstrument("service/clock-of-ISO")).toBeUndefined();
  expect(title(overdue, index)).toBe("Calibration overdue: Isolator · ISO/velocity");
  expect(calibrationTitle("requalification-overdue-of-GONE-7", index)).toBe("Requalification overdue: GONE-7");
  expect(calibrationTitle("calibration-in-3-months-of-GONE-7", index)).toBe("Calibration due within 3 months: GONE-7");
  expect(calibrationTitle("clock-of-ISO", index)).toBeUndefined();
  language.value = "zh";
  expect(title(overdue, index)).toContain("校准已过期：Isolator（中）");
});
