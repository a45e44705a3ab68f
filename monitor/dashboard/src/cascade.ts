/** The pressure cascade as arrows over the tiles of an area: from column to column, or out of the area. Pure. */

import type { Alarm } from "./api-types";
import { foremost } from "./alarms";
import type { Area } from "./areas";
import { lookOf } from "./look";
import { groupBy, type PlantIndex, type Source } from "./plant";
import { isUsable, type Reading } from "./rows";

/** `from` is the column of the zone that is kept above, `to` that of the lower one; undefined where that is elsewhere. */
export interface Arrow {
  source: Source;
  higher: string;
  lower: string;
  from: number;
  to: number | undefined;
  /** No other arrow of the area ends where it does. */
  alone: boolean;
}

/** The edges that begin in an area, and those that end in it where both do. */
export function arrowsOf({ zones }: Area, index: PlantIndex): Arrow[] {
  const columns = new Map(zones.map(({ zone }, column) => [zone.id, column]));
  const own = index.plant.cascade.flatMap(({ channel, higher, lower }) => {
    const [source, from] = [index.channels.get(channel), columns.get(higher)];
    return source && from !== undefined ? [{ source, higher, lower, from, to: columns.get(lower) }] : [];
  });
  const ends = groupBy(own, ({ to }) => to);
  return own.map((arrow) => ({ ...arrow, alone: arrow.to !== undefined && ends.get(arrow.to)?.length === 1 }));
}

/** Which way the air goes now: as it should, back, or nobody knows. */
export type Flow = "onward" | "back" | "unknown";

export const flowOf = ({ standing, value }: Reading): Flow =>
  !isUsable(standing) || value === null ? "unknown" : value < 0 ? "back" : "onward";

/**
 * How an arrow looks: an active alarm of its channel, or of what repeats it, is its level; else `masked` while one is
 * hidden by design, such as behind an open door; else what its value lacks; else nothing.
 */
export function edgeLook(alarms: readonly Alarm[], hidden: boolean, reading: Reading): string {
  const worst = foremost(alarms.filter(({ active }) => active));
  if (worst) return worst.level;
  return hidden ? "masked" : lookOf(reading);
}

/** The channels whose alarms are those of an edge: its own, and what is reckoned from it alone. */
export const alarmChannels = ({ source }: Arrow, index: PlantIndex): string[] => [
  source.channel.id,
  ...index.plant.derived.flatMap(({ id, inputs }) => (inputs.length === 1 && inputs[0] === source.channel.id ? [id] : [])),
];
