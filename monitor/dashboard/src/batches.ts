/** Batches and the tests of equipment that they need: questions to the server, and what follows from its answers. */

import { get, Refusal, send } from "./api";
import type { Credentials, Plant, Product, RunningBatch, Text } from "./api-types";
import type { Key } from "./i18n";
import type { components } from "./schema";
import { takeBatch } from "./store";

type Schemas = components["schemas"];

export type OneBatch = Schemas["OneBatch"];
export type Batches = Schemas["Batches"];
export type Lack = Schemas["OneLack"];
export type LineReadiness = Schemas["LineReadiness"];
export type EquipmentTests = Schemas["EquipmentTests"];
export type OneTest = Schemas["OneTest"];
export type AskedTest = Schemas["AskedTest"];
export type NewTest = Schemas["NewTest"];
export type TestKind = Schemas["EquipmentTest"];
export type Outcome = Schemas["EquipmentOutcome"];
type Stage = Product["stages"][number];

const day_ms = 86_400_000;

const span = (days: number, now_ms: number): URLSearchParams =>
  new URLSearchParams({ start: new Date(now_ms - days * day_ms).toISOString(), end: new Date(now_ms + day_ms).toISOString() });

/** Those that run, and those of the last days. */
export const batchesOf = (days: number, now_ms: number): Promise<Batches> => get(`/batches?${span(days, now_ms)}`);

export const readinessOf = (line: string): Promise<LineReadiness> => get(`/lines/${encodeURIComponent(line)}/readiness`);

export interface Beginning {
  id: string;
  line: string;
  product: string;
}

/** Why something that is lacking is passed over, by its key; and who signs for it. */
export interface PassedOver {
  reasons: ReadonlyMap<string, string>;
  signature: Credentials;
}

async function done(path: string, line: string, body: unknown): Promise<void> {
  const { batch } = (await (await send(path, body)).json()) as Schemas["StandingBatch"];
  takeBatch(line, batch);
}

export function startBatch(begun: Beginning, over: PassedOver | null): Promise<void> {
  const overrides = [...(over?.reasons ?? [])].map(([lack, reason]) => ({ lack, reason }));
  const signature = over && { ...over.signature, meaning: "approval" };
  return done("/batches", begun.line, { ...begun, overrides, signature });
}

/** What is lacking, where a batch was refused for that. */
export function lacksIn(error: unknown): Lack[] | undefined {
  if (!(error instanceof Refusal) || typeof error.body !== "object" || error.body === null) return undefined;
  return "lacks" in error.body ? (error.body.lacks as Lack[]) : undefined;
}

export const toStage = ({ id, line }: RunningBatch, stage: string): Promise<void> => done(`/batches/${id}/stage`, line, { stage });

export const endBatch = ({ id, line }: RunningBatch, comment: string, is_aborted: boolean): Promise<void> =>
  done(`/batches/${id}/end`, line, { comment, is_aborted });

export const testsOf = (days: number, now_ms: number): Promise<EquipmentTests> => get(`/equipment-tests?${span(days, now_ms)}`);

export const noteTest = async (test: NewTest): Promise<void> => {
  await send("/equipment-tests", test);
};

export const confirmTest = async (number: number, comment: string): Promise<void> => {
  await send("/equipment-tests/confirm", { number, comment });
};

// --- What follows. Pure.

export const productsOf = ({ products }: Plant, line: string): Product[] => products.filter(({ lines }) => lines.includes(line));

export const productOf = ({ products }: Plant, batch: { product: string }): Product | undefined =>
  products.find(({ id }) => id === batch.product);

/** What a stage is called; one that the plant has no more by its id. */
export const stageLabel = (product: Product | undefined, stage: string): Text =>
  product?.stages.find(({ id }) => id === stage)?.label ?? { en: stage, zh: stage };

/** What a stage is called of which only the id is known: ids of one word mean the same with every product. */
export const anyStageLabel = ({ products }: Plant, stage: string): Text =>
  stageLabel(products.find(({ stages }) => stages.some(({ id }) => id === stage)), stage);

/** The stages that a batch has before it. */
export function laterStages(product: Product | undefined, stage: string): Stage[] {
  const place = product?.stages.findIndex(({ id }) => id === stage) ?? -1;
  return place < 0 ? [] : (product?.stages.slice(place + 1) ?? []);
}

/** Until when a batch must be done (epoch ms); null: no clock runs; undefined: it runs, but the server has to be asked. */
export function windowUntil({ stage, since, stage_since }: RunningBatch, product: Product | undefined): number | null | undefined {
  if (!product || product.window_s === null) return null;
  const place = (of: string): number => product.stages.findIndex(({ id }) => id === of);
  const from = place(product.window_from);
  if (place(stage) < from) return null;
  const begun = place(stage) === from ? stage_since : from === 0 ? since : undefined;
  return begun === undefined ? undefined : Date.parse(begun) + product.window_s * 1000;
}

export type Left = "enough" | "little" | "over";

/** Less than this is little (demo proposal). */
const little_ms = 3_600_000;

export function leftOf(until_ms: number, now_ms: number): { left: Left; seconds: number } {
  const left_ms = until_ms - now_ms;
  return { left: left_ms < 0 ? "over" : left_ms < little_ms ? "little" : "enough", seconds: Math.abs(left_ms) / 1000 };
}

/** An id for the next batch of a line: the one after its last, or the first of the day; `today` is `2026-11-21`. */
export function nextId(line: string, known: readonly { id: string; line: string }[], today: string): string {
  const first = `${line}-${today.replaceAll("-", "")}-01`;
  const last = known.find((one) => one.line === line)?.id;
  const ofDay = new RegExp(`^${line}-\\d{8}-\\d+$`);
  let id = last === undefined || (ofDay.test(last) && !last.includes(first.slice(0, -3))) ? first : after(last);
  const taken = new Set(known.map((one) => one.id.toLowerCase()));
  while (taken.has(id.toLowerCase())) id = after(id);
  return id;
}

function after(id: string): string {
  const number = /\d+$/.exec(id)?.[0];
  if (number === undefined) return `${id}-2`;
  return id.slice(0, -number.length) + String(Number(number) + 1).padStart(number.length, "0");
}

/** Where something that is lacking is put right. */
export function placeOf({ kind, id }: Lack): { address: string; name: Key } | undefined {
  if (kind === "test") return { address: "#/equipment", name: "equipment" };
  if (kind === "instrument") return { address: "#/instruments", name: "instruments" };
  if (kind === "blind") return { address: `#/device/${id.split("/")[0] ?? id}`, name: "to_device" };
  return undefined;
}

/** What is lacking before what is there, each by line and kind. */
export const byNeed = (a: AskedTest, b: AskedTest): number =>
  Number(a.lacking === null) - Number(b.lacking === null) || a.lines.join().localeCompare(b.lines.join()) || a.id.localeCompare(b.id);

/** In which unit a test is measured as a rule. */
export const usualUnit: Record<TestKind, string> = { glove: "Pa/min", leak: "Pa/min", filter: "%", vhp_load: "", ci: "", bi: "" };

export const testKinds = ["glove", "leak", "vhp_load", "ci", "bi", "filter"] as const satisfies readonly TestKind[];
export const outcomes = ["passed", "failed", "pending"] as const;

export const isOfLoad = (kind: TestKind): boolean => kind === "ci" || kind === "bi";
