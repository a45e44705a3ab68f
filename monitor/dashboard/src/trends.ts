/** What the trends page shows, as its address says it, and how readings become what is drawn. Pure. */

import type { Channel, ChannelReadings, Occupancy, PastLimit, PastOccupancy, Text } from "./api-types";
import { lastHours, type Span } from "./period";
import { chamberOf, type PlantIndex, type Source } from "./plant";
import { isUnderWay } from "./line";

/** `hours`: up to now, and going on; or a fixed time. */
export type Time = { hours: number } | Span;

export interface Asked {
  channels: readonly string[];
  time: Time;
  log: boolean;
}

export const most_channels = 8;
/** Zoomed in no further: a device is read once a second. */
const shortest_ms = 5_000;
/** The server gives no more than 400 days at once. */
const longest_ms = 400 * 86_400_000;
export const presets_h = [1 / 6, 1, 8, 24, 168] as const;

/** Reads the part of an address behind `#/trends?`; what it does not say is the last hour. */
export function askedOf(query: string): Asked {
  const given = new URLSearchParams(query);
  const channels = [...new Set(given.getAll("c"))].filter((id) => id !== "").slice(0, most_channels);
  return { channels, time: timeOf(given), log: given.has("log") };
}

function timeOf(given: URLSearchParams): Time {
  const [start_ms, end_ms] = [Date.parse(given.get("from") ?? ""), Date.parse(given.get("to") ?? "")];
  if (end_ms - start_ms > 0) return clamped({ start_ms, end_ms });
  const hours = Number(given.get("h"));
  return { hours: presets_h.find((one) => Math.abs(one - hours) < 0.01) ?? 1 };
}

export function addressOf({ channels, time, log }: Asked): string {
  const query = new URLSearchParams(channels.map((id) => ["c", id]));
  if ("hours" in time) query.set("h", time.hours.toFixed(2));
  else {
    query.set("from", new Date(time.start_ms).toISOString());
    query.set("to", new Date(time.end_ms).toISOString());
  }
  if (log) query.set("log", "1");
  return `#/trends?${query.toString().replaceAll("%2F", "/").replaceAll("%3A", ":")}`;
}

const around_ms = 600_000;

/** The trend of a channel ten minutes before and after a time. */
export const trendsAround = (channel: string, at_ms: number): string =>
  addressOf({ channels: [channel], time: { start_ms: at_ms - around_ms, end_ms: at_ms + around_ms }, log: false });

/** A time that is neither too short to hold readings nor longer than the server gives. */
export function clamped({ start_ms, end_ms }: Span): Span {
  const [middle, length] = [(start_ms + end_ms) / 2, end_ms - start_ms];
  const wanted = Math.min(longest_ms, Math.max(shortest_ms, length));
  return wanted === length ? { start_ms, end_ms } : { start_ms: middle - wanted / 2, end_ms: middle + wanted / 2 };
}

export const spanOf = (time: Time, now_ms: number): Span => ("hours" in time ? lastHours(time.hours, now_ms) : time);

/** How often a time that goes on is asked for again: often enough that its end is never far behind. */
export const renewAfter_ms = (hours: number): number => Math.min(60_000, Math.max(2_000, hours * 12_000));

// --- Which channels ----------------------------------------------------------------------------------

const shown_matches = 12;

/** The channels that are meant by what was typed, in either language, but for those that are shown already. */
export function matching(index: PlantIndex, typed: string, shown: readonly string[]): Source[] {
  const words = typed.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [];
  const found: Source[] = [];
  for (const source of index.channels.values()) {
    if (found.length === shown_matches) break;
    const text = namesOf(source, index).toLowerCase();
    if (words.every((word) => text.includes(word)) && !shown.includes(source.channel.id)) found.push(source);
  }
  return found;
}

const both = ({ en, zh }: Text): string => `${en} ${zh}`;

function namesOf({ channel, device }: Source, index: PlantIndex): string {
  const zone = index.zones.get(channel.zone)?.zone;
  return [channel.id, both(channel.label), both(device.label), channel.zone, zone ? both(zone.label) : ""].join(" ");
}

/** A channel that counts, which a logarithmic axis may show: such values lie far apart. */
export const counts = ({ kind }: Channel): boolean => kind === "count";

/** The scale that a channel is drawn on: all of one unit share it; of each state the names are its own. */
export const scaleOf = ({ id, kind, unit }: Channel): string =>
  kind === "state" || kind === "bits" || kind === "time" ? id : `${kind} ${unit}`;

// --- What is drawn -----------------------------------------------------------------------------------

type Figure = number | null | undefined;

/** Columns as a chart takes them: null is a gap, undefined is a time at which this column says nothing. */
export interface Columns {
  at_s: number[];
  mean: Figure[][];
  least: Figure[][];
  most: Figure[][];
}

/** All channels over one row of times; where single readings are further apart than `gaps_s` says there is a gap. */
export function columnsOf(told: readonly ChannelReadings[], gaps_s: readonly number[]): Columns {
  const gapped = told.map((one, place) => withGaps(one, gaps_s[place] ?? Infinity));
  const at_s = [...new Set(gapped.flatMap((one) => one.at))].sort((a, b) => a - b);
  const placeOf = new Map(at_s.map((at, place) => [at, place]));
  const column = (at: readonly number[], values: readonly (number | null)[]): Figure[] => {
    const wide: Figure[] = new Array<Figure>(at_s.length).fill(undefined);
    at.forEach((one, i) => (wide[placeOf.get(one) ?? 0] = values[i] ?? null));
    return wide;
  };
  return {
    at_s,
    mean: gapped.map((one) => column(one.at, one.mean)),
    least: gapped.map((one) => column(one.at, one.min)),
    most: gapped.map((one) => column(one.at, one.max)),
  };
}

type Plain = Pick<ChannelReadings, "at" | "mean" | "min" | "max">;

/** A bucket without a reading says so itself; single readings leave a hole, which is filled with one that says so. */
function withGaps({ at, mean, min, max, bucket_s }: ChannelReadings, gap_s: number): Plain {
  if (bucket_s > 0) return { at, mean, min, max };
  const all: Plain = { at: [], mean: [], min: [], max: [] };
  at.forEach((one, i) => {
    const before = at[i - 1];
    if (before !== undefined && one - before > gap_s) push(all, (before + one) / 2, null, null, null);
    push(all, one, mean[i] ?? null, min[i] ?? null, max[i] ?? null);
  });
  return all;
}

function push(to: Plain, at: number, mean: number | null, least: number | null, most: number | null): void {
  to.at.push(at);
  to.mean.push(mean);
  to.min.push(least);
  to.max.push(most);
}

/** A bound from one time to another; `joins`: the bound that it follows at once, so that a step is drawn between. */
export interface Step {
  level: PastLimit["level"];
  from_s: number;
  to_s: number;
  figure: number;
  joins: number | null;
}

/** The bounds of that time, each as a stair. */
export function stepsOf(limits: readonly PastLimit[]): Step[] {
  const steps: Step[] = [];
  const sorted = [...limits].sort((a, b) => a.since.localeCompare(b.since));
  for (const side of ["low", "high"] as const) {
    const last = new Map<string, Step>();
    for (const one of sorted) {
      const figure = one[side];
      if (figure === null) continue;
      const [from_s, to_s] = [Date.parse(one.since) / 1000, Date.parse(one.until) / 1000];
      const before = last.get(one.limit);
      const step: Step = { level: one.level, from_s, to_s, figure, joins: before?.to_s === from_s ? before.figure : null };
      steps.push(step);
      last.set(one.limit, step);
    }
  }
  return steps;
}

/** What went on in the zone of a channel, from one time to another. */
export interface Stay {
  from_s: number;
  to_s: number;
  what: Occupancy;
}

export const staysOf = (told: readonly PastOccupancy[]): Stay[] =>
  told.map(({ since, until, occupancy }) => ({ from_s: Date.parse(since) / 1000, to_s: Date.parse(until) / 1000, what: occupancy }));

/** A time in which a machine was in a state that explains what is measured. */
export interface Phase {
  from_s: number;
  to_s: number;
  name: Text;
}

/** What is worth shading of a channel of states: its value in words; undefined where it says nothing. */
export interface Shade {
  source: Source;
  names: (value: number) => Text | undefined;
}

const most_shades = 4;

/** The states that explain what these channels measure: modes that hide alarms by design, and phases of a cycle. */
export function shadesFor(channels: readonly Source[], index: PlantIndex): Shade[] {
  const explains = (source: Source): boolean =>
    channels.some(({ channel }) => channel.zone === source.channel.zone && isNear(channel, source.channel));
  const hiding = new Map<string, Set<number>>();
  for (const { channel, states } of index.plant.suppressions) {
    if (channel !== "") hiding.set(channel, new Set([...(hiding.get(channel) ?? []), ...states]));
  }
  const shades: Shade[] = [];
  for (const source of index.channels.values()) {
    const { id, key, kind, states } = source.channel;
    const hides = hiding.get(id);
    const isPhase = kind === "state" && /(^|_)phase$/.test(key);
    if ((!hides && !isPhase) || !explains(source)) continue;
    const isTold = (value: number): boolean => hides?.has(value) ?? isUnderWay(source, value);
    shades.push({ source, names: (value) => (isTold(value) ? states[String(value)] : undefined) });
  }
  return shades.slice(0, most_shades);
}

/** Of a device with numbered chambers each explains its own. */
const isNear = (channel: Channel, state: Channel): boolean =>
  chamberOf(state) === undefined || chamberOf(state) === chamberOf(channel);

/** The times in which a state was worth shading; a gap ends one. */
export function phasesOf({ at, max, bucket_s }: ChannelReadings, names: Shade["names"], gap_s: number): Phase[] {
  const phases: Phase[] = [];
  const length_s = bucket_s > 0 ? bucket_s : gap_s;
  at.forEach((from_s, i) => {
    const value = max[i] ?? null;
    const name = value === null ? undefined : names(value);
    if (!name) return;
    const to_s = Math.min(from_s + length_s, at[i + 1] ?? from_s + length_s);
    const last = phases.at(-1);
    if (last?.name === name && last.to_s >= from_s) last.to_s = to_s;
    else phases.push({ from_s, to_s, name });
  });
  return phases;
}
