import { expect, test } from "vitest";
import { areaKey, columnsOf, isMeant, meant, shortName, workshopsOf, type WorkshopAreas } from "../src/areas";
import { addressOf, pageOf } from "../src/page";
import { indexOf } from "../src/plant";
import { plant, shared } from "./plant";

const index = indexOf(shared);
const english = ({ en }: { en: string }): string => en;

test("each workshop has its lines and, last, what they share; one without lines has that alone", () => {
  const told = workshopsOf(index).map(({ areas }) => areas.map(({ key }) => key));
  expect(told).toEqual([["line/L1", "shared/W"], ["shared/STORE"]]);
  const [line, common] = workshopsOf(index)[0]?.areas ?? [];
  expect(line?.zones.map(({ zone }) => zone.id)).toEqual(["L1-C", "L1-ISO", "L1-HCI"]);
  expect(common?.devices.map(({ id }) => id)).toEqual(["AHU", "DOORS"]);
  expect(workshopsOf(indexOf(plant)).flatMap(({ areas }) => areas.map(({ key }) => key))).toEqual(["line/L1"]);
});

test("no zone and no device is lost between the areas, and none stands twice", () => {
  const areas = workshopsOf(index).flatMap((one) => one.areas);
  expect(areas.flatMap(({ zones }) => zones).length).toBe(shared.zones.length);
  expect(areas.flatMap(({ devices }) => devices.map(({ id }) => id)).sort()).toEqual(shared.devices.map(({ id }) => id).sort());
});

test("workshops go where there is most room left, and none is lost", () => {
  const of = (...sizes: number[]): WorkshopAreas[] =>
    sizes.map((size, i) => ({ workshop: { id: `${i}`, label: { en: "", zh: "" } }, areas: Array(size).fill(undefined) }));
  const told = (sizes: number[], count: number) =>
    columnsOf(of(...sizes), count).map((column) => column.map(({ workshop }) => workshop.id).join());
  expect(told([5, 4, 4, 1, 1], 3)).toEqual(["0", "1,3", "2,4"]);
  expect(told([5, 4, 4, 1, 1], 1)).toEqual(["0,1,2,3,4"]);
  expect(told([1], 3)).toEqual(["0"]);
});

test("a zone is meant by its own name in either language, by its grade, or by a device in it", () => {
  const found = (typed: string) => [...index.zones.values()].filter((view) => isMeant(view, typed)).map(({ zone }) => zone.id);
  expect(found("l1-is")).toEqual(["L1-ISO"]);
  expect(found("comb（中）")).toEqual(["L1-HCI"]);
  expect(found("fri isol")).toEqual([]);
  expect(found("l1 isol")).toEqual(["L1-ISO"]);
  expect(found("fridge")).toEqual(["STORE-1"]);
  expect(found("")).toHaveLength(shared.zones.length);
});

test("what is gone to is the first device meant, or else the first zone, or nothing", () => {
  expect(meant(index, "freez")).toEqual({ device: "FREEZER" });
  expect(meant(index, "core")).toEqual({ zone: "L1-C" });
  expect(meant(index, "nowhere")).toBeUndefined();
  expect(meant(index, "  ")).toBeUndefined();
});

test("narrow tiles take the ids of their zones where a word of a name is too long, all of them together", () => {
  const [line] = workshopsOf(index)[0]?.areas ?? [];
  if (!line) throw new Error("no line");
  const many = { ...line, zones: [...line.zones, ...line.zones] };
  const names = (area: typeof line, text: typeof english) => area.zones.slice(0, 3).map(shortName(area, text));
  expect(names(line, () => "Honeycomb incubator")).toEqual(Array(3).fill("Honeycomb incubator"));
  expect(names(many, () => "Core room")).toEqual(Array(3).fill("Core room"));
  expect(names(many, () => "Honeycomb incubator")).toEqual(["C", "ISO", "HCI"]);
});

test("an address leads to its page, and an unknown one to the whole plant", () => {
  expect(pageOf(addressOf(areaKey({ workshop: "W", line: "L1" })))).toEqual({ kind: "area", key: "line/L1" });
  expect(pageOf(addressOf(areaKey({ workshop: "W", line: null })))).toEqual({ kind: "area", key: "shared/W" });
  expect(pageOf("#/devices")).toEqual({ kind: "devices" });
  for (const other of ["", "#/", "#/line/", "#/elsewhere/L1", "#%"]) expect(pageOf(other)).toEqual({ kind: "plant" });
});
