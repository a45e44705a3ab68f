/** The book as a page lists it: what was asked, what a line is about, and what it changed. Pure. */

import type { BookLine } from "./admin";
import { offset } from "./format";

/** What a person looks for; `from` and `until` are times of the plant, as `2026-11-21T14:03`. */
export interface Looked {
  from: string;
  until: string;
  kind: string;
  who: string;
  chain: string;
  text: string;
}

const minute_ms = 60_000;

/** How far the plant's time zone is ahead of UTC at a time. */
function ahead_ms(at_ms: number, timeZone: string): number {
  const [, sign = "+", hours = "0", minutes = "0"] = /UTC([+-])(\d\d):(\d\d)/.exec(offset(at_ms, timeZone)) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * minute_ms;
}

/** The instant of a time of the plant, as the server reads it; NaN is never given: what is no time gives "". */
export function instant(local: string, timeZone: string): string {
  const asUtc_ms = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc_ms)) return "";
  // Where the clocks are changed in between, the second look is right.
  const near_ms = asUtc_ms - ahead_ms(asUtc_ms, timeZone);
  return new Date(asUtc_ms - ahead_ms(near_ms, timeZone)).toISOString();
}

/** A time of the plant, to the minute, as a field for times has it. */
export const local = (at_ms: number, timeZone: string): string =>
  new Date(at_ms + ahead_ms(at_ms, timeZone)).toISOString().slice(0, 16);

/** The question to the server. */
export function query(looked: Looked, timeZone: string, after: string | null = null): URLSearchParams {
  const asked = new URLSearchParams({ start: instant(looked.from, timeZone), end: instant(looked.until, timeZone) });
  for (const field of ["kind", "who", "chain", "text"] as const) {
    if (looked[field].trim()) asked.set(field, looked[field].trim());
  }
  if (after !== null) asked.set("after", after);
  return asked;
}

/** Where lines of different kinds name what they are about. */
const subjects = ["what", "alarm", "protection", "name", "instrument", "device", "zone", "series", "plant"] as const;

const word = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

export const about = ({ body }: BookLine): string => subjects.map((key) => word(body[key])).find((found) => found !== "") ?? "";

export const why = ({ body }: BookLine): string => word(body.comment) || word(body.reason);

/** One fact of a line, before and after it; undefined: there was none, or is none any more. */
export interface Change {
  name: string;
  old: string | undefined;
  now: string | undefined;
}

/** A value as it stands in the line: a word as it is, all else as JSON. */
export const written = (value: unknown): string | undefined =>
  value === null || value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);

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
