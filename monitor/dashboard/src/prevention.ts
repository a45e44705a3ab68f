/** Trends for prevention: what is asked of the server, and the few figures of a zone and month that are drawn. Pure. */

import { get } from "./api";
import { duration, figure } from "./format";
import { instantOf, type Span } from "./period";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Prevention = Schemas["Prevention"];
export type ZoneMonths = Schemas["ZoneMonths"];
export type ZoneMonth = Schemas["ZoneMonth"];
export type Recovery = Schemas["Recovery"];

export const periods_m = [3, 6, 12] as const;
/** A year of a large plant is read from rows. */
const patience_ms = 60_000;

const query = ({ start_ms, end_ms }: Span): URLSearchParams =>
  new URLSearchParams({ start: new Date(start_ms).toISOString(), end: new Date(end_ms).toISOString() });

export const preventionOf = (span: Span): Promise<Prevention> => get(`/prevention?${query(span)}`, patience_ms);

export const preventionFile = (span: Span, language: string): string =>
  `/api/v1/exports/prevention.csv?${query(span)}&${new URLSearchParams({ language })}`;

/** So many whole months of the plant's calendar up to now, this one among them; `today` as `2026-11-21`. */
export function lastMonths(months: number, today: string, zone: string, now_ms: number): Span {
  const [year = 0, month = 0] = today.split("-").map(Number);
  const first = new Date(Date.UTC(year, month - months, 1)).toISOString().slice(0, 10);
  return { start_ms: instantOf(`${first} 00:00`, zone) ?? now_ms, end_ms: now_ms };
}

export const figures = ["alert", "action", "consecutive", "per_day", "acknowledged", "closed", "recovery"] as const;
export type Figure = (typeof figures)[number];

/** `value` null: there is none. `isMarked`: it stands out, for what is told beside it. */
export interface Point {
  value: number | null;
  isMarked: boolean;
  shown: string;
}

const none: Point = { value: null, isMarked: false, shown: "—" };
const count = (value: number, isMarked = false): Point => ({ value, isMarked, shown: figure(value, 0) });
const took = (seconds: number | null): Point => (seconds === null ? none : { value: seconds, isMarked: false, shown: duration(seconds) });

/** The kind of plate that showed growth most often, one that is above what is suggested before all others. */
export const worstOf = (recovery: readonly Recovery[]): Recovery | undefined =>
  [...recovery].sort((a, b) => Number(b.is_above) - Number(a.is_above) || b.percent - a.percent)[0];

function recovered(recovery: readonly Recovery[]): Point {
  const worst = worstOf(recovery);
  return worst ? { value: worst.percent, isMarked: worst.is_above, shown: `${figure(worst.percent, 1)} %` } : none;
}

const of: Record<Figure, (month: ZoneMonth, markedFrom: number) => Point> = {
  alert: ({ alarms }) => count(alarms.alert),
  action: ({ alarms }) => count(alarms.action),
  consecutive: ({ alarms }, from) => count(alarms.consecutive, alarms.consecutive >= from),
  per_day: ({ alarms }) => ({ ...count(alarms.per_day), shown: figure(alarms.per_day, 1) }),
  acknowledged: ({ alarms }) => took(alarms.acknowledging.p95_s),
  closed: ({ deviations }) => took(deviations.closing.median_s),
  recovery: ({ recovery }) => recovered(recovery),
};

export const pointOf = (name: Figure, month: ZoneMonth, markedFrom: number): Point => of[name](month, markedFrom);

/** A zone in which nothing happened and nothing was read is told of at the end. */
export const isQuiet = ({ months }: ZoneMonths): boolean =>
  months.every(({ alarms, deviations, recovery }) => alarms.alarms + alarms.stale + deviations.opened === 0 && recovery.every(({ grown }) => grown === 0));
