/** The book as a page lists it: what was asked, what a line is about, and what it changed. Pure, but for the language. */

import type { BookLine } from "./admin";
import type { Text } from "./api-types";
import { inWords as detailWords } from "./details";
import { dateTime } from "./format";
import { isKey, said, t } from "./i18n";
import type { Span } from "./period";

/** What a person looks for. */
export interface Looked extends Span {
  kind: string;
  who: string;
  chain: string;
  text: string;
}

const second_ms = 1000;

/** The page of the book with a period that is looked at, in whole seconds around it. */
export function addressOfBook(start: string, end: string): string {
  const [from_ms, to_ms] = [Math.floor(Date.parse(start) / second_ms) * second_ms, Math.ceil(Date.parse(end) / second_ms) * second_ms];
  return `#/book?from=${iso(from_ms)}&to=${iso(to_ms)}`;
}

/** The period that an address asks for; null: none. */
export function spanAsked(address: string): Span | null {
  const given = new URLSearchParams(address.split("?")[1] ?? "");
  const [start_ms, end_ms] = [Date.parse(given.get("from") ?? ""), Date.parse(given.get("to") ?? "")];
  return end_ms > start_ms ? { start_ms, end_ms } : null;
}

export const iso = (at_ms: number): string => new Date(at_ms).toISOString();

/** The question to the server. */
export function query(looked: Looked, after: string | null = null): URLSearchParams {
  const asked = new URLSearchParams({ start: iso(looked.start_ms), end: iso(looked.end_ms) });
  for (const field of ["kind", "who", "chain", "text"] as const) {
    if (looked[field].trim()) asked.set(field, looked[field].trim());
  }
  if (after !== null) asked.set("after", after);
  return asked;
}

/** Where lines of different kinds name what they are about. */
const subjects = ["of", "what", "alarm", "protection", "name", "instrument", "device", "zone", "batch", "person", "part", "minute", "series", "plant"] as const;

const word = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

export function about({ body }: BookLine, zone: string): string {
  const named = isFacts(body.command) ? body.command : body;
  const found = subjects.map((key) => word(named[key])).find((one) => one !== "") ?? "";
  const key = `about_${found}`;
  return isKey(key) ? t(key) : (written(found, zone) ?? "");
}

/** What a person said; else why it happened, or how it went. */
export function why({ kind, body }: BookLine): string {
  const reason = word(body.reason);
  const key = kind === "change" ? `protective_${reason}` : `reason_${reason}`;
  return word(body.comment) || (isKey(key) ? t(key) : detailWords(reason)) || detailWords(word(body.detail));
}

/** One fact of a line, before and after it; undefined: there was none, or is none any more. */
export interface Change {
  name: string;
  old: string | undefined;
  now: string | undefined;
}

/** What a fact is called; one that a later version has more by its own name. */
export function factWord(name: string): string {
  const key = `fact_${name}`;
  return isKey(key) ? t(key) : name;
}

/** What the screen's words of a closed set begin with, by the name of the fact. */
const sets: Record<string, readonly string[]> = {
  role: ["role_"],
  roles: ["role_"],
  meaning: ["meaning_"],
  deeds: ["deed_"],
  state: ["plate_state_", "proposal_", "deviation_step_"],
  outcome: ["outcome_", "standing_"],
  class: ["class_"],
  grade: ["class_"],
  priority: ["priority_"],
  kind: ["test_", "plate_kind_", "notice_"],
  language: ["language_"],
};

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** A value of a line for a person: instants by the plant's clock, closed sets and facts in words; undefined: there is none. */
export function written(value: unknown, zone: string, name = ""): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "boolean") return t(value ? "fact_yes" : "fact_no");
  if (typeof value === "string") {
    const at_ms = instant.test(value) ? Date.parse(value) : NaN;
    return Number.isNaN(at_ms) ? memberWord(name, value) : dateTime(at_ms, zone);
  }
  if (Array.isArray(value)) return value.map((one) => written(one, zone, name) ?? "").join(", ");
  if (!isFacts(value)) return JSON.stringify(value);
  if (isText(value)) return said(value);
  const parts = Object.entries(value).map(([key, one]) => [key, written(one, zone, key)] as const);
  return parts.flatMap(([key, one]) => (one === undefined || one === "" ? [] : [`${factWord(key)}: ${one}`])).join("; ");
}

function memberWord(name: string, value: string): string {
  const key = sets[name]?.map((prefix) => `${prefix}${value}`).find(isKey);
  return key === undefined ? value : t(key);
}

const isText = (value: Record<string, unknown>): value is Text & Record<string, unknown> =>
  Object.keys(value).length === 2 && typeof value.en === "string" && typeof value.zh === "string";

const brief_length = 24;

/** A value as it stands in a row; the whole of it is told where the line unfolds. */
export const brief = (value = "—"): string => (value.length > brief_length ? `${value.slice(0, brief_length - 1)}…` : value);

/** What the service's words of a state begin with on the screen, by the kind of line; of a single ask they are small. */
const spoken: Record<string, string> = { transition: "state_", change: "protection_", result: "ask_", command: "" };

/** What was and what is, where the service says it in a word of its own; undefined: the facts tell it. */
export function inWords({ kind, old, new: now }: BookLine): Change | undefined {
  const prefix = spoken[kind];
  if (prefix === undefined || now === null) return undefined;
  const said = (text: string): string => text.split(", ").map((one) => stateWord(prefix, one)).join(", ");
  return { name: "", old: old === null ? undefined : said(old), now: said(now) };
}

function stateWord(prefix: string, state: string): string {
  const key = `${state === state.toLowerCase() ? "ask_" : prefix}${state}`;
  return prefix !== "" && isKey(key) ? t(key) : state;
}

const isFacts = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a line changed, fact by fact and in words; what stayed as it was is left out. */
export function changes({ body }: BookLine, zone: string): Change[] {
  const [old, now] = [body.old ?? body.before, body.new ?? body.after];
  const different = (name: string, was: unknown, is: unknown): Change[] => {
    const change = { name: name && factWord(name), old: written(was, zone, name), now: written(is, zone, name) };
    return (change.old ?? "") === (change.now ?? "") ? [] : [change];
  };
  if (!isFacts(old) && !isFacts(now)) return different("", old, now);
  const [before, after] = [isFacts(old) ? old : {}, isFacts(now) ? now : {}];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => different(name, before[name], after[name]));
}

const told = new Set(["old", "new", "before", "after"]);

/** All else that a line says, in words. */
export const facts = ({ body }: BookLine, zone: string): [string, string][] =>
  Object.entries(body).flatMap(([name, value]): [string, string][] => {
    const text = written(value, zone, name);
    return told.has(name) || text === undefined || text === "" ? [] : [[factWord(name), text]];
  });
