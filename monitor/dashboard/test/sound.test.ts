import { expect, test } from "vitest";
import { priorities } from "../src/alarms";
import type { Alarm } from "../src/api-types";
import { callOf, deafness, heard, patterns, samplesOf, silencing, stillSilenced } from "../src/sound";
import { alarm } from "./plant";

const unseen = (id: string, given: Partial<Alarm> = {}): Alarm => alarm(id, { priority: "high", ...given });
const seen = unseen("A", { acknowledged: true, state: "ACKED" });
const nobody: ReadonlySet<string> = new Set();

test.each<[string, Alarm[], Alarm[], string | null]>([
  ["no alarm is quiet", [], [], null],
  ["what nobody has seen is heard", [unseen("A")], [], "high"],
  ["what is over, but unseen, is heard", [unseen("A", { active: false, state: "RTNUN" })], [], "high"],
  ["what is acknowledged is quiet", [seen], [], null],
  ["what is shelved is quiet", [unseen("A", { state: "SHLVD" })], [], null],
  ["what is suppressed is quiet", [unseen("A", { state: "DSUPR" })], [], null],
  ["what is out of service is quiet", [unseen("A", { state: "OOSRV" })], [], null],
  ["of several the most urgent is heard", [unseen("A", { priority: "low" }), unseen("B", { priority: "critical" })], [], "critical"],
  ["a hidden critical one hides behind nothing", [unseen("A", { priority: "critical", state: "SHLVD" }), unseen("B", { priority: "low" })], [], "low"],
  ["what was silenced is quiet", [unseen("A")], [unseen("A")], null],
  ["a new alarm is heard again", [unseen("A"), unseen("B", { priority: "medium" })], [unseen("A")], "medium"],
  ["an alarm that is raised again is heard again", [unseen("A", { times: 2 })], [unseen("A")], "high"],
  ["its next occurrence is heard again", [unseen("A", { raised_at: "2026-11-21T07:00:00.000000+00:00" })], [unseen("A")], "high"],
  ["what gets worse while it is silenced stays quiet", [unseen("A", { worst: 1, changed_at: "2026-11-21T06:00:09.000000+00:00" })], [unseen("A")], null],
  ["what was hidden when the others were silenced is heard once it is shown", [unseen("A")], [unseen("A", { state: "SHLVD" })], "high"],
  ["an acknowledged one that was not silenced is heard when it sounds again", [unseen("A", { times: 2 })], [seen], "high"],
])("%s", (_, now, whenSilenced, expected) => {
  expect(heard(now, silencing(whenSilenced))).toBe(expected);
});

test("silencing acknowledges nothing", () => {
  const one = unseen("A");
  expect([...silencing([one, seen])]).toEqual([callOf(one)]);
  expect(one.acknowledged).toBe(false);
  expect(heard([one], nobody)).toBe("high");
});

test("what was silenced, then acknowledged, and sounds again as the same occurrence, is heard", () => {
  const silenced = stillSilenced([seen, unseen("B")], silencing([unseen("A"), unseen("B")]));
  expect(heard([unseen("B")], silenced)).toBeNull();
  expect(heard([unseen("A"), unseen("B")], silenced)).toBe("high");
});

test("each priority has a pattern of its own, the more urgent the busier", () => {
  const counts = priorities.map((priority) => patterns[priority].beeps.length);
  expect(counts).toEqual([...counts].sort((a, b) => b - a));
  expect(new Set(counts).size).toBe(priorities.length);
  const rounds = priorities.map((priority) => patterns[priority].every_s);
  expect(rounds).toEqual([...rounds].sort((a, b) => a - b));
});

test.each(priorities)("a round of %s is heard, is not cut off, and does not crack", (priority) => {
  const rate = 8000;
  const pattern = patterns[priority];
  const samples = samplesOf(pattern, rate);
  expect(samples).toHaveLength(pattern.every_s * rate);
  expect(Math.max(...samples)).toBeGreaterThan(0.9 * pattern.loudness);
  expect(Math.max(...samples.map(Math.abs))).toBeLessThanOrEqual(1);
  expect(Math.max(...pattern.beeps.map(({ from_s, for_s }) => from_s + for_s))).toBeLessThan(pattern.every_s);
  expect(samples.at(-1)).toBe(0);
  const between = samples.findIndex((_, i) => i / rate > (pattern.beeps[0]?.for_s ?? 0));
  expect(samples[between]).toBe(0);
});

test.each([
  [null, null, 0, "missing"],
  ["suspended", null, 0, "blocked"],
  ["interrupted", 1, 2, "blocked"],
  ["running", null, 0, null],
  ["running", 1, 2, null],
  ["running", 2, 2, "stalled"],
] as const)("a browser that is %s, at %s and then at %s, is deaf: %s", (state, before_s, now_s, expected) => {
  expect(deafness(state, before_s, now_s)).toBe(expected);
});
