/** A batch's record as its page shows it: what is not in order first, and figures rounded as the report rounds them. Pure. */

import { duration, figure, placesOf, unit } from "./format";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Dossier = Schemas["Dossier"];
export type ChannelPart = Schemas["ChannelPart"];
export type AlarmPart = Schemas["AlarmPart"];
export type PlatePart = Schemas["PlatePart"];
export type Verdict = Schemas["Verdict"];
export type Standing = Schemas["BatchStanding"];
export type BatchRecord = Schemas["BatchRecord"];
export type Matter = Schemas["OneMatter"];

const order: readonly Verdict[] = ["action", "incomplete", "alert", "within"];

/** What has a verdict: what is not within limits, the worst first, and the rest as it came. */
export function byVerdict<T extends { verdict: Verdict }>(all: readonly T[]): { exceptions: T[]; rest: T[] } {
  const rank = (one: T): number => order.indexOf(one.verdict);
  const exceptions = all.filter(({ verdict }) => verdict !== "within").sort((a, b) => rank(a) - rank(b));
  return { exceptions, rest: all.filter(({ verdict }) => verdict === "within") };
}

/** Alarms of limits that no mode explains, action before alert; and the rest. */
export function byWeight(all: readonly AlarmPart[]): { exceptions: AlarmPart[]; rest: AlarmPart[] } {
  const counts = (one: AlarmPart): boolean => one.level !== "diagnostic" && !one.explained;
  const rank = (one: AlarmPart): number => (one.level === "action" ? 0 : 1);
  const exceptions = all.filter(counts).sort((a, b) => rank(a) - rank(b) || a.raised_at.localeCompare(b.raised_at));
  return { exceptions, rest: all.filter((one) => !counts(one)) };
}

const missing = "—";
/** A double's decimals end before this; so far JavaScript writes them. */
const most_places = 100;

/**
 * A figure with fixed decimals, rounded half to even by its exact value, as the report prints it: JavaScript itself
 * rounds half away from zero.
 */
export function even(value: number | null | undefined, places: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing;
  const whole = Math.abs(value).toFixed(most_places);
  const cut = whole.length - most_places + places;
  const [kept, rest] = [whole.slice(0, cut), whole.slice(cut)];
  const isTie = /^50*$/.test(rest) && /[02468]$/.test(kept.replace(/\.$/, ""));
  return figure(isTie ? Math.sign(value) * Number(kept) : value, places);
}

/** How much there is of what was due, in percent: what is not whole never reads as 100, however little is missing. */
export const percentage = (percent: number | null, places: number): string =>
  even(percent !== null && percent < 100 ? Math.min(percent, 100 - 10 ** -places) : percent, places);

/** A value of a channel, with so many decimals more than on the screens. */
export const valueOf = (of: ChannelPart, value: number | null | undefined, finer = 0): string =>
  of.kind === "analog" || of.kind === "count" ? even(value, placesOf(of.kind, of.unit) + finer) : missing;

/** The same with its unit. */
export function withUnit(of: ChannelPart, value: number | null | undefined): string {
  const written = valueOf(of, value);
  return written === missing ? written : `${written} ${unit(of.unit)}`.trim();
}

/** How much finer a mean or a standard deviation is told than a value. */
export const finerOf = ({ kind }: ChannelPart): number => (kind === "count" ? 2 : 1);

/** The mean kinetic temperature, or the largest cubic metre: whichever the channel has. */
export function special({ statistics }: ChannelPart): string {
  if (!statistics) return "";
  if (statistics.mkt_c !== null) return `${even(statistics.mkt_c, 2)} °C`;
  return statistics.rolling_m3 === null ? "" : `${even(statistics.rolling_m3, 0)} /m³`;
}

/** From one time to another, in words; "" where the end is not known. */
export const lasted = (from: string, until: string | null): string =>
  until === null ? "" : duration((Date.parse(until) - Date.parse(from)) / 1000);

/** A matter by which a deviation can be opened: what it is about. */
export const keyOf = ({ kind, id, at }: Pick<Matter, "kind" | "id" | "at">): string => `${kind} ${id} ${at ?? ""}`;

/** Matters that say the same and are covered by the same: a network that is cut leaves one in each of its channels. */
export function together(all: readonly Matter[]): Matter[][] {
  const found = new Map<string, Matter[]>();
  for (const one of all) {
    const key = `${one.kind} ${one.text.en} ${one.deviation} ${one.at ?? ""}`;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()];
}

/** What is still to settle, and what is settled. */
export function unsettled(all: readonly Matter[]): { open: Matter[][]; settled: Matter[][] } {
  const of = (settled: boolean): Matter[][] => together(all.filter(({ is_settled }) => is_settled === settled));
  return { open: of(false), settled: of(true) };
}

interface InstrumentRow {
  instrument: NonNullable<ChannelPart["instrument"]>;
  channels: number;
}

/** Each instrument once, with how many channels it measures; those that are not in order first. */
export function instrumentsOf(channels: readonly ChannelPart[]): InstrumentRow[] {
  const rows = new Map<string, InstrumentRow>();
  for (const { instrument } of channels) {
    if (!instrument) continue;
    const row = rows.get(instrument.id) ?? { instrument, channels: 0 };
    rows.set(instrument.id, { ...row, channels: row.channels + 1 });
  }
  const inOrder = ({ instrument: { state } }: InstrumentRow): boolean => !["overdue", "unqualified", "unknown"].includes(state);
  return [...rows.values()].sort((a, b) => Number(inOrder(a)) - Number(inOrder(b)) || a.instrument.id.localeCompare(b.instrument.id));
}

/** Gaps of all channels, those of the same time and cause together. */
export function gapsOf(channels: readonly ChannelPart[]): { from: string; until: string; cause: string; rows: number; channels: string[] }[] {
  const found = new Map<string, { from: string; until: string; cause: string; rows: number; channels: string[] }>();
  for (const { id, gaps } of channels) {
    for (const { from, until, cause, rows } of gaps) {
      const key = `${from} ${until} ${cause} ${rows}`;
      const one = found.get(key) ?? { from, until, cause, rows, channels: [] };
      found.set(key, { ...one, channels: [...one.channels, id] });
    }
  }
  return [...found.values()].sort((a, b) => a.from.localeCompare(b.from));
}
