import { expect, test } from "vitest";
import { anyStageLabel, byNeed, lacksIn, laterStages, leftOf, nextId, placeOf, productsOf, stageLabel, windowUntil, type AskedTest } from "../src/batches";
import { Refusal } from "../src/api";
import type { RunningBatch } from "../src/api-types";
import { plant } from "./plant";

const product = plant.products[0];
const began = "2026-03-02T06:00:00.000000+00:00";
const batch: RunningBatch = { id: "B-1", line: "L1", product: "MSC", stage: "open", zones: [], since: began, stage_since: "2026-03-02T08:00:00.000000+00:00", who: "li" };

test("the clock runs from the stage that the product names, and is asked for where its beginning is not known", () => {
  expect(windowUntil(batch, product)).toBe(Date.parse("2026-03-02T16:00:00Z"));
  expect(windowUntil({ ...batch, stage: "set-up" }, product)).toBeNull();
  expect(windowUntil({ ...batch, stage: "fill" }, product)).toBeUndefined();
  expect(windowUntil({ ...batch, stage: "fill" }, product && { ...product, window_from: "set-up" })).toBe(Date.parse("2026-03-02T14:00:00Z"));
  expect(windowUntil(batch, product && { ...product, window_s: null })).toBeNull();
  expect(windowUntil(batch, undefined)).toBeNull();
});

test("an hour is little, and behind the end it is over", () => {
  expect(leftOf(3_600_000, 0)).toEqual({ left: "enough", seconds: 3600 });
  expect(leftOf(3_599_000, 0)).toEqual({ left: "little", seconds: 3599 });
  expect(leftOf(0, 60_000)).toEqual({ left: "over", seconds: 60 });
});

test("a batch is numbered on from the last of its line, or from the first of the day", () => {
  const known = (...ids: string[]) => ids.map((id) => ({ id, line: "L1" }));
  expect(nextId("L1", [], "2026-03-02")).toBe("L1-20260302-01");
  expect(nextId("L1", known("L1-20260302-01"), "2026-03-02")).toBe("L1-20260302-02");
  expect(nextId("L1", known("L1-20260301-07"), "2026-03-02")).toBe("L1-20260302-01");
  expect(nextId("L1", known("MSC-2026-099"), "2026-03-02")).toBe("MSC-2026-100");
  expect(nextId("L1", [{ id: "msc-2026-100", line: "L2" }, ...known("MSC-2026-099")], "2026-03-02")).toBe("MSC-2026-101");
  expect(nextId("L1", known("trial"), "2026-03-02")).toBe("trial-2");
});

test("stages go on, and what the plant has no more is called by its id", () => {
  expect(laterStages(product, "open").map(({ id }) => id)).toEqual(["fill"]);
  expect(laterStages(product, "gone")).toEqual([]);
  expect(stageLabel(product, "gone").zh).toBe("gone");
  expect(anyStageLabel(plant, "fill")).toEqual(stageLabel(product, "fill"));
  expect(anyStageLabel(plant, "gone").zh).toBe("gone");
  expect(productsOf(plant, "L1").map(({ id }) => id)).toEqual(["MSC"]);
  expect(productsOf(plant, "L9")).toEqual([]);
});

test("what is lacking leads to where it is put right, and stands in the refusal", () => {
  const text = { en: "", zh: "" };
  const lack = (kind: "test" | "instrument" | "blind" | "state", id: string) => ({ key: `${kind}:${id}`, kind, id, text });
  expect(placeOf(lack("blind", "ISO/pressure"))?.address).toBe("#/device/ISO");
  expect(placeOf(lack("test", "gloves"))?.address).toBe("#/equipment");
  expect(placeOf(lack("instrument", "ISO"))?.address).toBe("#/instruments");
  expect(placeOf(lack("state", "vhp"))).toBeUndefined();
  const lacks = [lack("state", "vhp")];
  expect(lacksIn(new Refusal(409, "not ready", { detail: "not ready", lacks }))).toEqual(lacks);
  expect(lacksIn(new Refusal(409, "runs", { detail: "runs" }))).toBeUndefined();
  expect(lacksIn(new Error("x"))).toBeUndefined();
});

test("what is lacking stands before what is there", () => {
  const asked = (id: string, lacking: AskedTest["lacking"]): AskedTest => ({ id, label: { en: "", zh: "" }, lines: ["L1"], kind: "glove", equipment: "ISO", within_s: null, test: null, until: null, lacking });
  const both = [asked("a", null), asked("b", { en: "", zh: "" })];
  expect(both.sort(byNeed).map(({ id }) => id)).toEqual(["b", "a"]);
});
