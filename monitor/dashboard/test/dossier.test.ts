import { expect, test } from "vitest";
import { byVerdict, byWeight, even, gapsOf, instrumentsOf, percentage, unsettled, type AlarmPart, type ChannelPart, type Matter, type Verdict } from "../src/dossier";

test("a figure is rounded half to even by its exact value, as the report prints it", () => {
  // Each as Python's round has it: 22.25 and 0.5 are exact halves, 2.675 and 1.005 are a little less.
  const examples: [number, number, string][] = [
    [22.25, 1, "22.2"],
    [22.75, 1, "22.8"],
    [0.5, 0, "0"],
    [1.5, 0, "2"],
    [2.5, 0, "2"],
    [-2.5, 0, "−2"],
    [2.675, 2, "2.67"],
    [1.005, 2, "1.00"],
    [44.983217592592595, 2, "44.98"],
    [-0.04, 1, "0.0"],
    [1059.2, 0, "1\u202f059"],
  ];
  for (const [value, places, written] of examples) expect(even(value, places)).toBe(written);
  expect([null, undefined, NaN, Infinity].map((one) => even(one, 1))).toEqual(["—", "—", "—", "—"]);
});

test("what is not whole never reads as 100 percent, as in the report", () => {
  const one_missing = (100 * 876_959) / 876_960;
  expect([100, one_missing, 99.9994, 50, 0].map((one) => percentage(one, 3))).toEqual(["100.000", "99.999", "99.999", "50.000", "0.000"]);
  expect([percentage(one_missing, 2), percentage(null, 2)]).toEqual(["99.99", "—"]);
});

test("what is not within limits comes first, the worst of it before the rest, and nothing is lost", () => {
  const all = (["within", "alert", "incomplete", "action", "within"] as Verdict[]).map((verdict, id) => ({ id, verdict }));
  const { exceptions, rest } = byVerdict(all);
  expect(exceptions.map(({ id }) => id)).toEqual([3, 2, 1]);
  expect(rest.map(({ id }) => id)).toEqual([0, 4]);
});

const alarm = (level: AlarmPart["level"], raised_at: string, explained = false) => ({ level, raised_at, explained }) as AlarmPart;

test("alarms of limits that no mode explains are exceptions, action before alert", () => {
  const all = [alarm("alert", "1"), alarm("diagnostic", "2"), alarm("action", "4"), alarm("action", "3", true), alarm("action", "0")];
  const { exceptions, rest } = byWeight(all);
  expect(exceptions.map(({ raised_at }) => raised_at)).toEqual(["0", "4", "1"]);
  expect(rest.map(({ raised_at }) => raised_at)).toEqual(["2", "3"]);
});

const gap = { from: "2026-03-02T08:00:00Z", until: "2026-03-02T08:01:00Z", cause: "network" as const, rows: 60 };
const instrument = (id: string, state: NonNullable<ChannelPart["instrument"]>["state"]) => ({ id, state, serial: "", certificate: "", due_on: null });
const channel = (id: string, given: Partial<ChannelPart>) => ({ id, gaps: [], instrument: null, ...given }) as unknown as ChannelPart;

test("a gap that several channels share is one, and an instrument that is not in order comes first", () => {
  const channels = [
    channel("a", { gaps: [gap], instrument: instrument("A", "in_order") }),
    channel("b", { gaps: [gap], instrument: instrument("A", "in_order") }),
    channel("c", { gaps: [{ ...gap, from: "2026-03-02T07:00:00Z" }], instrument: instrument("B", "overdue") }),
  ];
  expect(gapsOf(channels).map((one) => one.channels)).toEqual([["c"], ["a", "b"]]);
  expect(instrumentsOf(channels).map((one) => [one.instrument.id, one.channels])).toEqual([
    ["B", 1],
    ["A", 2],
  ]);
});

test("what is settled is told apart, and what says the same stands together", () => {
  const matter = (id: string, en: string, is_settled: boolean): Matter => ({ kind: "gap", id, at: null, text: { en, zh: en }, deviation: "", is_settled });
  const { open, settled } = unsettled([matter("a", "x", true), matter("b", "x", false), matter("c", "y", false), matter("d", "x", false)]);
  const ids = (groups: Matter[][]): string[][] => groups.map((group) => group.map(({ id }) => id));
  expect(ids(open)).toEqual([["b", "d"], ["c"]]);
  expect(ids(settled)).toEqual([["a"]]);
});
