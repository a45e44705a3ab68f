/** The book as a page lists it: what was asked, what a line is about, and what it changed. Pure, but for the language. */

import type { BookLine } from "./admin";
import { isKey, t } from "./i18n";
import type { Span } from "./period";

/** What a person looks for. */
export interface Looked extends Span {
  kind: string;
  who: string;
  chain: string;
  text: string;
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
const subjects = ["of", "what", "alarm", "protection", "name", "instrument", "device", "zone", "series", "plant"] as const;

const word = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

export const about = ({ body }: BookLine): string => {
  const named = isFacts(body.command) ? body.command : body;
  return subjects.map((key) => word(named[key])).find((found) => found !== "") ?? "";
};

/** What a person said; else why it happened, or how it went. */
export function why({ kind, body }: BookLine): string {
  const reason = word(body.reason);
  const key = kind === "change" ? `protective_${reason}` : `reason_${reason}`;
  return word(body.comment) || (isKey(key) ? t(key) : reason) || word(body.detail);
}

/** One fact of a line, before and after it; undefined: there was none, or is none any more. */
export interface Change {
  name: string;
  old: string | undefined;
  now: string | undefined;
}

/** A value as it stands in the line: a word as it is, all else as JSON. */
export const written = (value: unknown): string | undefined =>
  value === null || value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);

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

/** What a line changed, fact by fact; what stayed as it was is left out. */
export function changes({ body }: BookLine): Change[] {
  const [old, now] = [body.old ?? body.before, body.new ?? body.after];
  if (!isFacts(old) && !isFacts(now)) return different("", old, now);
  const [before, after] = [isFacts(old) ? old : {}, isFacts(now) ? now : {}];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => different(name, before[name], after[name]));
}

function different(name: string, old: unknown, now: unknown): Change[] {
  const change = { name, old: written(old), now: written(now) };
  return change.old === change.now ? [] : [change];
}

const told = new Set(["old", "new", "before", "after"]);

/** All else that a line says. */
export const facts = ({ body }: BookLine): [string, string][] =>
  Object.entries(body).flatMap(([name, value]): [string, string][] => {
    const text = written(value);
    return told.has(name) || text === undefined || text === "" ? [] : [[name, text]];
  });
