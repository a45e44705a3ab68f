import { expect, test } from "vitest";
import { cut, silence_limit_ms, step, unlinked, wait_ms, worthRedialling, type Link, type LinkEvent } from "../src/link";

const after = (...events: LinkEvent[]): Link => events.reduce(step, unlinked);
const live: LinkEvent[] = [
  { kind: "connecting", at_ms: 0 },
  { kind: "opened", at_ms: 10 },
  { kind: "snapshot", at_ms: 20 },
];

test("live from the snapshot on, not from the open socket", () => {
  expect(cut(after(), 0)).toBe("server");
  expect(cut(after(...live.slice(0, 1)), 5)).toBe("connecting");
  expect(cut(after(...live.slice(0, 2)), 15)).toBe("connecting");
  expect(cut(after(...live), 25)).toBeNull();
});

test("silence is told before 3 s have passed, and any message ends it", () => {
  const link = after(...live);
  expect(cut(link, 20 + silence_limit_ms)).toBeNull();
  expect(cut(link, 21 + silence_limit_ms)).toBe("silent");
  expect(silence_limit_ms).toBeLessThanOrEqual(2500);
  expect(cut(step(link, { kind: "heard", at_ms: 3000 }), 3001)).toBeNull();
});

test("a closed socket and a lost collector are told at once", () => {
  expect(cut(after(...live, { kind: "closed", at_ms: 30 }), 30)).toBe("server");
  expect(cut(after(...live, { kind: "collector", up: false, at_ms: 30 }), 30)).toBe("collector");
});

test("hearing values does not bring a lost collector back, hearing that it is back does", () => {
  const lost = after(...live, { kind: "collector", up: false, at_ms: 30 }, { kind: "heard", at_ms: 40 });
  expect(cut(lost, 41)).toBe("collector");
  expect(cut(step(lost, { kind: "collector", up: true, at_ms: 50 }), 51)).toBeNull();
});

test("the old connection's snapshot does not make a new connection live", () => {
  const again = after(...live, { kind: "closed", at_ms: 30 }, { kind: "connecting", at_ms: 40 });
  expect(cut(again, 41)).toBe("server");
  expect(cut(step(again, { kind: "opened", at_ms: 50 }), 51)).toBe("connecting");
});

test("a silent connection is given up; one whose server has lost its collector only later", () => {
  expect(worthRedialling(after(...live), 20 + silence_limit_ms)).toBe(false);
  expect(worthRedialling(after(...live), 21 + silence_limit_ms)).toBe(true);
  const lost = after(...live, { kind: "collector", up: false, at_ms: 20 });
  expect(worthRedialling(lost, 21 + silence_limit_ms)).toBe(false);
  expect(worthRedialling(lost, 21 + 4 * silence_limit_ms)).toBe(true);
});

test("waits double up to 5 s and begin anew once something was heard", () => {
  expect([1, 2, 3, 4, 5, 6, 50].map(wait_ms)).toEqual([500, 1000, 2000, 4000, 5000, 5000, 5000]);
  expect(after(...live, { kind: "closed", at_ms: 1 }, { kind: "connecting", at_ms: 2 }).attempts).toBe(1);
});
