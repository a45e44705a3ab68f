import { expect, test } from "vitest";
import { ServerClock } from "../src/clock";
import { Ring } from "../src/ring";

test("the oldest falls out, the order stays", () => {
  const ring = new Ring(3);
  for (const at of [1, 2, 3, 4, 5]) expect(ring.push(at, at * 10)).toBe(true);
  expect(ring.since(-Infinity, Infinity)).toEqual([
    [3, 4, 5],
    [30, 40, 50],
  ]);
  expect(ring.length).toBe(3);
  expect(ring.newest).toBe(5);
});

test("time never goes back", () => {
  const ring = new Ring(3);
  ring.push(5, 1);
  expect(ring.push(5, 2)).toBe(false);
  expect(ring.push(4, 2)).toBe(false);
  expect(ring.push(NaN, 2)).toBe(false);
  expect(ring.since(0, Infinity)).toEqual([[5], [1]]);
});

test("a bad value is a gap, and so is time without any", () => {
  const ring = new Ring(10);
  ring.push(1, 45);
  ring.push(2, null);
  ring.push(3, 45);
  ring.push(9, 44);
  expect(ring.since(0, 3)).toEqual([
    [1, 2, 3, 6, 9],
    [45, null, 45, null, 44],
  ]);
});

test("only what is asked for is given", () => {
  const ring = new Ring(10);
  for (const at of [1, 2, 3]) ring.push(at, at);
  expect(ring.since(2, 3)).toEqual([
    [2, 3],
    [2, 3],
  ]);
  expect(() => new Ring(0)).toThrow(RangeError);
});

test("the server's clock is learnt from its quickest message and follows a clock set back", () => {
  const clock = new ServerClock();
  expect(clock.at(0)).toBeUndefined();
  clock.heard(10_000, 100);
  clock.heard(11_000, 1400);
  expect(clock.at(1400)).toBe(11_300);
  clock.heard(NaN, 1500);
  for (let i = 0; i < 60; i++) clock.heard(5_000 + i, 2_000 + i);
  expect(clock.at(2_060)).toBe(5_060);
});
