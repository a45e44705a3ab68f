import { expect, test } from "vitest";
import { workshopsOf } from "../src/areas";
import { alarmChannels, arrowsOf, edgeLook, flowOf } from "../src/cascade";
import { indexOf } from "../src/plant";
import { nothing, type Reading } from "../src/rows";
import { alarm, shared } from "./plant";

const pressure = "ISO/pressure";
const reversed = {
  id: "ISO/reversed", device: "ISO", series: "ISO", zone: "L1-ISO", unit: "Pa", label: { en: "", zh: "" }, formula: "value" as const, inputs: [pressure],
};
const index = indexOf({
  ...shared,
  derived: [reversed, { ...reversed, id: "ISO/lowest", formula: "minimum", inputs: [pressure, "ISO/pressure_b"] }],
  cascade: [
    { channel: pressure, higher: "L1-ISO", lower: "L1-C" },
    { channel: "HCI/box", higher: "L1-C", lower: "CORR" },
    { channel: "ISO/gone", higher: "L1-C", lower: "CORR" },
  ],
});
const [line, common] = workshopsOf(index)[0]?.areas ?? [];
const reading = (value: number, given: Partial<Reading> = {}): Reading => ({ ...nothing, value, standing: "fresh", quality: "good", ...given });

test("an arrow goes from column to column, or out of the area; what has no channel is not drawn", () => {
  if (!line || !common) throw new Error("no areas");
  expect(arrowsOf(line, index).map(({ source, from, to, alone }) => [source.channel.id, from, to, alone])).toEqual([
    [pressure, 1, 0, true],
    ["HCI/box", 0, undefined, false],
  ]);
  expect(arrowsOf(common, index)).toEqual([]);
});

test("it points where the air flows now, and nowhere while that is not known", () => {
  expect([flowOf(reading(15)), flowOf(reading(0)), flowOf(reading(-1))]).toEqual(["onward", "onward", "back"]);
  expect([flowOf(nothing), flowOf(reading(15, { standing: "old" })), flowOf(reading(15, { standing: "blind" }))]).toEqual(Array(3).fill("unknown"));
});

test("it is quiet while well, its alarm's level before all, masked while one is hidden, and else what its value lacks", () => {
  expect(edgeLook([], false, reading(15))).toBe("");
  expect(edgeLook([alarm("a")], true, nothing)).toBe("action");
  expect(edgeLook([alarm("a", { active: false })], false, reading(15))).toBe("");
  expect(edgeLook([], true, reading(2))).toBe("masked");
  expect(edgeLook([], false, reading(15, { standing: "old" }))).toBe("stale");
});

test("what repeats its channel alone raises its alarms too, and no more than that", () => {
  const [arrow] = line ? arrowsOf(line, index) : [];
  expect(arrow && alarmChannels(arrow, index)).toEqual([pressure, "ISO/reversed"]);
});
