/** Plates: questions to the server, what is done with one, and which are due. */

import { get, send } from "./api";
import { duration } from "./format";
import { t } from "./i18n";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type OnePlate = Schemas["OnePlate"];
export type WholePlate = Schemas["WholePlate"];
export type Todo = Schemas["Todo"];
export type SamplerRun = Schemas["SamplerRun"];

/** Which plates are looked at: those of a batch or of a day; of neither all that something is still to be done with. */
export interface Chosen {
  batch?: string;
  day?: string;
}

export const plates = (chosen: Chosen): Promise<Schemas["Plates"]> => get(`/samples?${new URLSearchParams({ ...chosen })}`);

export const plate = (code: string): Promise<WholePlate> => get(`/samples/${encodeURIComponent(code)}`);

export const runs = async (code: string): Promise<SamplerRun[]> =>
  (await get<Schemas["SamplerRuns"]>(`/samples/${encodeURIComponent(code)}/runs`)).runs;

/** Plans what is not planned yet; gives how many plates are new. */
export const plan = async (about: Schemas["PlatesPlanned"]): Promise<number> => {
  const answer = await send("/samples/plan", about);
  return ((await answer.json()) as Schemas["Plates"]).plates.length;
};

/** What is said with each step; the key is the last part of its address. */
export interface Steps {
  expose: Schemas["Laid"];
  collect: Schemas["Closed"];
  incubate: Schemas["Warmed"];
  read: Schemas["PlateRead"];
  correct: Schemas["PlateCorrected"];
  verify: Schemas["Counted"];
  quarantine: Schemas["PutAside"];
  return: Schemas["PutAside"];
  reject: Schemas["PutAside"];
  replace: Record<string, never>;
}

/** Takes a step; gives the plate as it then stands, or the one that takes its place. */
export const take = async <Step extends keyof Steps>(code: string, step: Step, said: Steps[Step]): Promise<WholePlate> => {
  const answer = await send(`/samples/${encodeURIComponent(code)}/${step}`, said);
  return (await answer.json()) as WholePlate;
};

/** Approves results with one signature. */
export const approve = async (seen: readonly OnePlate[], password: string, comment: string): Promise<void> => {
  const asked = seen.map(({ code, steps }) => ({ code, steps }));
  await send("/samples/approve", { plates: asked, signature: { password, meaning: "approval" }, comment });
};

export const most_at_once = 50;
export const most_labels = 200;

/** Where the labels of some plates are, as a page to print. */
export function labelsOf(some: readonly OnePlate[], language: string): string {
  const asked = some.slice(0, most_labels).map(({ code }): [string, string] => ["code", code]);
  return `/api/v1/samples/labels?${new URLSearchParams([...asked, ["language", language]])}`;
}

/** What a label says, as a person types it or a scanner reads it: the number with its check digits. */
export const codeIn = (typed: string): string | undefined => /^\s*(v\d{6,18}-\d\d)\s*$/i.exec(typed)?.[1]?.toUpperCase();

/** Where one plate is looked at; without a code, all of them. */
export const addressOfPlate = (code: string): string => (code ? `#/samples/${code}` : "#/samples");

export const todos: readonly Todo[] = ["expose", "collect", "incubate", "read", "verify", "name", "approve", "decide", "nothing"];

export type Urgency = "late" | "now" | "later" | "none";

/** How urgent it is what a plate waits for; at 0 the time is not known. */
export function urgency({ due_at, due_by }: OnePlate, now_ms: number): Urgency {
  if (due_at === null || now_ms === 0) return "none";
  if (due_by !== null && Date.parse(due_by) < now_ms) return "late";
  return Date.parse(due_at) <= now_ms ? "now" : "later";
}

/** When it is due, in words: `since 2 h 05 min`, `in 1 d 3 h`. */
export function dueWords(one: OnePlate, now_ms: number): string {
  if (one.due_at === null || now_ms === 0) return "";
  const [at_ms, by_ms] = [Date.parse(one.due_at), one.due_by === null ? Infinity : Date.parse(one.due_by)];
  const away = (to_ms: number): string => duration(Math.abs(to_ms - now_ms) / 1000);
  if (by_ms < now_ms) return t("plate_late", { time: away(by_ms) });
  if (by_ms < Infinity && at_ms <= now_ms) return t("time_left", { time: away(by_ms) });
  return at_ms <= now_ms ? t("plate_due_since", { time: away(at_ms) }) : t("plate_due_in", { time: away(at_ms) });
}

const pressing: readonly Urgency[] = ["late", "now", "later", "none"];

/** The plates that wait for one thing: what is overdue first, then what is due first. */
export const waitingFor = (all: readonly OnePlate[], todo: Todo, now_ms: number): OnePlate[] =>
  all
    .filter((one) => one.todo === todo)
    .sort((a, b) => pressing.indexOf(urgency(a, now_ms)) - pressing.indexOf(urgency(b, now_ms)) || soonest(a) - soonest(b) || a.code.localeCompare(b.code));

const soonest = ({ due_at, due_by }: OnePlate): number => Date.parse(due_by ?? due_at ?? "") || 0;

/** What was counted, in words; "" where nothing was. */
export function counted({ cfu, is_too_many, organism, species }: OnePlate): string {
  if (cfu === null && !is_too_many) return "";
  const count = is_too_many ? t("plate_too_many") : `${cfu} CFU`;
  return [count, species || organism].filter(Boolean).join(" · ");
}

/** The step of its incubation that comes next, from 1; undefined: every one has begun. */
export function nextIncubation({ history, incubation }: WholePlate): number | undefined {
  const next = history.filter(({ state }) => state === "incubating").length + 1;
  return next <= incubation.length ? next : undefined;
}

/** Whether it lies open for a time; others are pressed at a moment. */
export const liesOpen = ({ kind }: OnePlate): boolean => kind === "settle" || kind === "active_air";
