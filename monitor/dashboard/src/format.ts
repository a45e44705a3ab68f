/** Numbers and times as a person reads them: the same in every view. Pure. */

import type { Channel, Limit, Text } from "./api-types";

const missing = "—";

/** Decimals worth reading, by unit. Fixed, so that a live number does not change its width. */
const decimals: Record<string, number> = {
  "": 0,
  Pa: 1,
  "m/s": 2,
  "°C": 1,
  "%": 1,
  "%RH": 1,
  "Pa/min": 1,
  "Pa/s": 1,
  "°C/h": 3,
  "1/m3": 0,
  ppm: 2,
  A: 2,
  bar: 2,
  s: 0,
  "L/min": 1,
  "m3/h": 0,
  "g/min": 1,
  mm: 0,
  h: 0,
  Hz: 1,
  V: 1,
  g: 0,
};
const otherwise = 2;

/** How many decimals a value of a channel has. */
export const placesOf = (kind: Channel["kind"], written: string): number => (kind === "analog" ? (decimals[written] ?? otherwise) : 0);

/** Units as they are printed. A count of things has none. */
const spelling: Record<string, string> = {
  "m3/h": "m³/h",
  m3: "m³",
  "1/m3": "/m³",
  "%vol/h": "% vol/h",
  "%RH": "% RH",
  count: "",
  records: "",
  samples: "",
  readings: "",
};

/** Instants before 2001 are not instants but durations or counters. */
const earliest_instant_s = 1e9;

export const unit = (written: string): string => spelling[written] ?? written;

/** The unit that stands after a channel's value; a date has none. */
export const unitOf = ({ kind, unit: written }: Channel, shown: number | null): string =>
  kind === "time" && shown !== null && shown >= earliest_instant_s ? "" : unit(written);

/** A plain number with fixed decimals, a thin space between thousands and a true minus sign. */
export function figure(value: number, places: number): string {
  const [whole = "", fraction] = Math.abs(value).toFixed(places).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const digits = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && Number(value.toFixed(places)) !== 0 ? `\u2212${digits}` : digits;
}

/** A channel's value without its unit: a number, the name of a state, the bits that are set, or a time. */
export function value(channel: Channel, shown: number | null, text: (label: Text) => string): string {
  if (shown === null || Number.isNaN(shown)) return missing;
  switch (channel.kind) {
    case "state": {
      const state = channel.states[String(shown)];
      return state ? text(state) : figure(shown, 0);
    }
    case "bits":
      return bits(channel, Math.round(shown), text);
    case "count":
      return figure(shown, 0);
    case "time":
      return time(channel, shown);
    case "analog":
      return figure(shown, decimals[channel.unit] ?? otherwise);
  }
}

const nothing: Text = { en: "none", zh: "无" };

/** What each bit says, set or not; one without a word by its number. Where no bit has a word, the number itself. */
function bits({ bits: set, clear_bits: clear }: Channel, shown: number, text: (label: Text) => string): string {
  if (Object.keys(set).length + Object.keys(clear).length === 0) return shown === 0 ? "0" : `0x${shown.toString(16).toUpperCase()}`;
  const words: string[] = [];
  for (let bit = 0; bit < 32; bit++) {
    // By division: a bitwise sign would make the highest bit of 32 a negative number.
    const isSet = Math.floor(shown / 2 ** bit) % 2 === 1;
    const word = (isSet ? set : clear)[String(bit)];
    if (word) words.push(text(word));
    else if (isSet) words.push(`#${bit}`);
  }
  return words.length > 0 ? words.join(", ") : text(nothing);
}

function time(channel: Channel, shown: number): string {
  if (shown < earliest_instant_s) return figure(shown, channel.unit === "s" ? 0 : otherwise);
  return new Date(shown * 1000).toISOString().slice(0, 10);
}

/** A limit's figure: as it was written in the plant, never rounded. */
export function bound(limit: number): string {
  return limit < 0 ? `\u2212${-limit}` : String(limit);
}

/** What a limit permits: `20 – 90`, `= 6`, `≤ 0.5`, `≥ 85`; its spaces do not break a line. */
export function permitted(limit: Pick<Limit, "low" | "high">): string {
  const { low, high } = limit;
  if (low !== null && low === high) return `=\u00a0${bound(low)}`;
  if (low !== null && high !== null) return `${bound(low)}\u00a0–\u00a0${bound(high)}`;
  if (high !== null) return `≤\u00a0${bound(high)}`;
  return low === null ? missing : `≥\u00a0${bound(low)}`;
}

/**
 * The same of a state, by names, whichever is shorter: `≠ fault`, `= closed`; the figures between states say nothing.
 * Of bits of which none may be set: so in words.
 */
export function permittedOf(limit: Pick<Limit, "low" | "high">, channel: Named, text: (label: Text) => string): string {
  if (channel.kind === "bits" && limit.low === null && limit.high !== null && limit.high >= 0 && limit.high < 1) return text(clear);
  return channel.kind === "state" ? permittedStates(limit, channel.states ?? {}, text) : permitted(limit);
}

/** A channel as far as its limits are read; of a former plant's channel nobody knows the states any more. */
type Named = Pick<Channel, "kind"> & Partial<Pick<Channel, "states">>;

const clear: Text = { en: "must be clear", zh: "须无置位" };

function permittedStates(limit: Pick<Limit, "low" | "high">, states: Channel["states"], text: (label: Text) => string): string {
  const within = (state: string): boolean => Number(state) >= (limit.low ?? -Infinity) && Number(state) <= (limit.high ?? Infinity);
  const names = (good: boolean): string[] =>
    Object.entries(states).flatMap(([state, label]) => (within(state) === good ? [text(label)] : []));
  const [good, bad] = [names(true), names(false)];
  if (good.length === 0 || bad.length === 0) return permitted(limit);
  return good.length < bad.length ? `=\u00a0${good.join(", ")}` : `≠\u00a0${bad.join(", ")}`;
}

/** An age or a duration: `0.8 s`, `12 s`, `3 min`, `2 h 05 min`, `4 d 3 h`. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return missing;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** The same for a stopwatch that a person watches: whole seconds, so that it ticks evenly. */
export const elapsed = (seconds: number | null): string =>
  seconds === null || seconds >= 120 ? duration(seconds) : `${Math.max(0, Math.floor(seconds))} s`;

/**
 * The age of what is renewed every second, on a screen that shows a hundred of them: while it is as young as it can be
 * it does not change, so that a change is worth a look.
 */
export const freshness = (seconds: number | null): string =>
  seconds !== null && seconds < 2 ? "<\u202f2 s" : elapsed(seconds);

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  let found = formatters.get(timeZone);
  if (!found) {
    // Swedish writes ISO dates and a 24-hour clock.
    found = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    formatters.set(timeZone, found);
  }
  return found;
}

/** `2026-11-21 14:03:42` in the plant's time zone. */
export const dateTime = (at_ms: number, timeZone: string): string => formatter(timeZone).format(at_ms);

/** `14:03:42` in the plant's time zone. */
export const timeOfDay = (at_ms: number, timeZone: string): string => dateTime(at_ms, timeZone).slice(-8);

/** `UTC+08:00`: how far the plant's time zone is from UTC at that time. */
export function offset(at_ms: number, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(at_ms);
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "GMT";
  return name.replace("GMT", "UTC").replace("+00:00", "");
}
