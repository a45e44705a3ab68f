import { expect, test } from "vitest";
import { addressOfOverlay, comparedOf, laid, most_batches, sinceBeginning, stairsOf, toggled, type Overlaid } from "../src/overlay";
import { isQuiet, lastMonths, pointOf, worstOf, type Recovery, type ZoneMonth } from "../src/prevention";

const recovery = (percent: number, is_above = false): Recovery => ({
  kind: "active_air",
  taken: 40,
  grown: 1,
  percent,
  below_percent: 1,
  room: null,
  is_above,
});
const month: ZoneMonth = {
  month: "2026-03",
  alarms: {
    alert: 4,
    action: 1,
    consecutive: 2,
    alarms: 12,
    per_day: 0.39,
    peak_10_min: 3,
    floods: 0,
    stale: 0,
    acknowledging: { n: 11, median_s: 42, p95_s: 310 },
    unacknowledged: 1,
  },
  deviations: { opened: 2, open: 1, assessing: { n: 0, median_s: null, p95_s: null }, closing: { n: 0, median_s: null, p95_s: null } },
  recovery: [recovery(0), recovery(2.5, true), recovery(4)],
  flora: [],
};

test("months begin by the plant's clock, also behind a new year", () => {
  const now_ms = Date.parse("2026-02-10T04:00:00Z");
  const { start_ms, end_ms } = lastMonths(3, "2026-02-10", "Asia/Shanghai", now_ms);
  expect(new Date(start_ms).toISOString()).toBe("2025-11-30T16:00:00.000Z");
  expect(end_ms).toBe(now_ms);
});

test("a figure stands out only where it is told to", () => {
  expect(pointOf("alert", month, 3)).toEqual({ value: 4, isMarked: false, shown: "4" });
  expect(pointOf("consecutive", month, 3).isMarked).toBe(false);
  expect(pointOf("consecutive", month, 2).isMarked).toBe(true);
  expect(pointOf("acknowledged", month, 3).shown).toBe("5 min");
  expect(pointOf("closed", month, 3)).toEqual({ value: null, isMarked: false, shown: "—" });
  expect(pointOf("recovery", month, 3)).toEqual({ value: 2.5, isMarked: true, shown: "2.5 %" });
});

test("of the kinds of plates the one above what is suggested is told, then the highest", () => {
  expect(worstOf([recovery(4), recovery(2.5, true)])?.percent).toBe(2.5);
  expect(worstOf([recovery(1), recovery(4)])?.percent).toBe(4);
  expect(worstOf([])).toBeUndefined();
});

test("a zone is quiet where nothing happened and nothing grew", () => {
  const zone = { zone: "Z", line: "L", grade: "A" as const, months: [month] };
  expect(isQuiet(zone)).toBe(false);
  const calm = { ...month, alarms: { ...month.alarms, alarms: 0 }, deviations: { ...month.deviations, opened: 0 } };
  expect(isQuiet({ ...zone, months: [calm] })).toBe(false);
  expect(isQuiet({ ...zone, months: [{ ...calm, recovery: [{ ...recovery(0), grown: 0 }] }] })).toBe(true);
});

const batch = (since_s: number[], mean: (number | null)[], bucket_s = 0): Overlaid => ({
  batch: "B-1",
  line: "L",
  product: "MSC",
  started_at: "2026-03-02T08:15:01.000000+00:00",
  ended_at: null,
  is_aborted: false,
  bucket_s,
  since_s,
  min: mean,
  max: mean,
  mean,
  n: mean.map(() => 1),
  n_good: mean.map(() => 1),
  stages: [],
  limits: [{ limit: "D/a/alert", level: "alert", low: null, high: 5, since_s: 0, until_s: 7200 }],
});

test("batches lie over each other by the time since each began, with their gaps", () => {
  const found = laid([batch([0, 1, 4], [1, 2, 3]), batch([0.5, 1], [7, null], 1)], 2);
  expect(found.hours.map((at) => Math.round(at * 3600 * 10) / 10)).toEqual([0, 0.5, 1, 2.5, 4]);
  expect(found.columns).toEqual([
    [1, undefined, 2, null, 3],
    [undefined, 7, null, undefined, undefined],
  ]);
  expect(laid([{ ...batch([0], [2]), min: [1], max: [9] }], 2)).toEqual({ hours: [0], columns: [[2]], least: [1], most: [9] });
  expect(laid([], 2)).toEqual({ hours: [], columns: [], least: [], most: [] });
});

test("limits are stairs by hours", () => {
  expect(stairsOf(batch([], []))).toEqual([{ level: "alert", from_s: 0, to_s: 2, figure: 5, joins: null }]);
});

test("what is compared stands in the address, and no more than can be told apart", () => {
  const compared = { channel: "ISO/a", batches: ["B-1", "B 2"] };
  expect(comparedOf(addressOfOverlay(compared).slice("#/overlay?".length))).toEqual(compared);
  expect(comparedOf("b=B-1&b=B-1")).toEqual({ channel: "", batches: ["B-1"] });
  expect(toggled(compared, "B-1").batches).toEqual(["B 2"]);
  const many = { channel: "", batches: Array.from({ length: most_batches }, (_, n) => `B-${n}`) };
  expect(toggled(many, "B-X").batches).toEqual(many.batches);
});

test("a time since the beginning is told as a clock tells it", () => {
  expect([0, 1.5, 26, 5 / 3600, 1 + 65 / 3600].map(sinceBeginning)).toEqual(["0:00", "1:30", "26:00", "0:00:05", "1:01:05"]);
});
