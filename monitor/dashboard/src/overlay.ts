/** Batches over each other: what the address says, what is asked, and how it becomes what is drawn. Pure but for the asking. */

import { get } from "./api";
import type { components } from "./schema";
import { stepsOf, type Step } from "./trends";

type Schemas = components["schemas"];

export type Overlay = Schemas["Overlay"];
export type Overlaid = Schemas["Overlaid"];

export const most_batches = 8;
/** As many as a wide screen has room for. */
const points = 800;

/** The first batch is drawn in front, the others are pale. */
export interface Compared {
  channel: string;
  batches: readonly string[];
}

/** Reads the part of an address behind `#/overlay?`. */
export function comparedOf(query: string): Compared {
  const given = new URLSearchParams(query);
  return { channel: given.get("c") ?? "", batches: [...new Set(given.getAll("b"))].filter((id) => id !== "").slice(0, most_batches) };
}

export function addressOfOverlay({ channel, batches }: Compared): string {
  const query = new URLSearchParams([...(channel === "" ? [] : [["c", channel]]), ...batches.map((id) => ["b", id])]);
  return `#/overlay?${query.toString().replaceAll("%2F", "/")}`;
}

/** With one batch more, or without it; whoever is taken in comes last. */
export const toggled = ({ channel, batches }: Compared, id: string): Compared => ({
  channel,
  batches: batches.includes(id) ? batches.filter((one) => one !== id) : [...batches, id].slice(0, most_batches),
});

export const overlayOf = ({ channel, batches }: Compared): Promise<Overlay> =>
  get(`/overlay?${new URLSearchParams([["channel", channel], ...batches.map((id) => ["batch", id]), ["points", String(points)]])}`);

type Value = number | null | undefined;

/**
 * Times since the beginning in hours, and a column of means for each batch: null is a gap, undefined says nothing.
 * Of the first the least and the most too, so that no excursion of it disappears.
 */
export interface Laid {
  hours: number[];
  columns: Value[][];
  least: Value[];
  most: Value[];
}

/** All batches over one row of times; where readings of one are further apart than `gap_s` there is a gap. */
export function laid(batches: readonly Overlaid[], gap_s: number): Laid {
  const column = (one: Overlaid | undefined, of: "mean" | "min" | "max"): Map<number, number | null> =>
    one ? withGaps(one.since_s, one[of], one.bucket_s > 0 ? Infinity : gap_s) : new Map();
  const means = batches.map((one) => column(one, "mean"));
  const hours = [...new Set(means.flatMap((one) => [...one.keys()]))].sort((a, b) => a - b);
  const wide = (one: ReadonlyMap<number, number | null>): Value[] => hours.map((at) => one.get(at));
  const [first] = batches;
  return { hours, columns: means.map(wide), least: wide(column(first, "min")), most: wide(column(first, "max")) };
}

function withGaps(since_s: readonly number[], values: readonly (number | null)[], gap_s: number): Map<number, number | null> {
  const found = new Map<number, number | null>();
  since_s.forEach((at_s, n) => {
    const before_s = since_s[n - 1];
    if (before_s !== undefined && at_s - before_s > gap_s) found.set((before_s + at_s) / 7200, null);
    found.set(at_s / 3600, values[n] ?? null);
  });
  return found;
}

const two = (part: number): string => String(part).padStart(2, "0");

/** A time since the beginning, given in hours: `1:30`, and with its seconds where it is no whole minute: `0:00:05`. */
export function sinceBeginning(hours: number): string {
  const seconds = Math.round(hours * 3600);
  const minutes = Math.floor(seconds / 60);
  const clock = `${Math.floor(minutes / 60)}:${two(minutes % 60)}`;
  return seconds % 60 === 0 ? clock : `${clock}:${two(seconds % 60)}`;
}

/** The limits of a batch as stairs, by hours since its beginning. */
export const stairsOf = ({ limits }: Overlaid): Step[] =>
  stepsOf(limits.map(({ since_s, until_s, ...one }) => ({ ...one, since: asTime(since_s), until: asTime(until_s) }))).map((step) => ({
    ...step,
    from_s: step.from_s / 3600,
    to_s: step.to_s / 3600,
  }));

const asTime = (since_s: number): string => new Date(since_s * 1000).toISOString();
