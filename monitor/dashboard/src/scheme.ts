/**
 * What a device is drawn from: its doors, gloves, filters, chambers and phase, found among its channels by what these
 * are and how they are named. No device model is known here. Pure.
 */

import type { Channel, Device } from "./api-types";
import { chambersOf, groupBy, isFilter, type PlantIndex, type Source } from "./plant";

/** How a device is drawn. `rooms`: it measures several zones; `plain`: nothing is known of its shape. */
export type Kind = "comb" | "counter" | "tower" | "doors" | "rooms" | "enclosure" | "plain";

/** A door, a port or a cover, with the channels that say whether it is locked or at fault. */
export interface Opening {
  key: string;
  door: Source;
  lock: Source | undefined;
  fault: Source | undefined;
}

/** How an opening stands. `unknown`: its states have other names, or it has no value. */
export type OpeningState = "open" | "closed" | "locked" | "moving" | "fault" | "unknown";

/** One enclosed space of a device and the pressures in it; `openings`: its own, where it is not the first. */
export interface Space {
  name: string;
  pressures: readonly Source[];
  openings: readonly Opening[];
}

export interface Scheme {
  /** The first is the one where work is done. */
  spaces: readonly Space[];
  openings: readonly Opening[];
  gloves: readonly Source[];
  filters: readonly Source[];
  flows: readonly Source[];
  gauges: readonly Source[];
  /** Heights of front windows that slide. */
  sashes: readonly Source[];
  mode: Source | undefined;
  phase: Source | undefined;
  left: Source | undefined;
}

const most_gauges = 6;
/** More doors than this stand on no one machine: they are a building's. */
const most_openings = 12;

/** A device's channels on the wire, in their places. */
export const channelsOf = (device: Device, index: PlantIndex): Source[] =>
  device.series.flatMap(({ channels }) => channels.flatMap(({ id }) => index.channels.get(id) ?? []));

export function kindOf(device: Device, index: PlantIndex): Kind {
  const own = channelsOf(device, index);
  if (index.plant.lines.some(({ tower }) => tower === device.id)) return "tower";
  if (device.series.some(({ records }) => records)) return "counter";
  if (chambersOf(own).length > 0) return "comb";
  if (new Set(own.map(({ channel }) => channel.zone)).size > 1) return "rooms";
  const { spaces, openings, filters, flows, gloves } = schemeOf(own);
  if (openings.length > most_openings && spaces.length === 0) return "doors";
  if (openings.length + gloves.length > 0 || (filters.length > 0 && flows.length > 0)) return "enclosure";
  return "plain";
}

export function schemeOf(own: readonly Source[]): Scheme {
  const openings = openingsOf(own);
  const spaces = spacesOf(own, openings);
  const inside = new Set(spaces.slice(1).flatMap((space) => space.openings));
  return {
    spaces,
    openings: openings.filter((one) => !inside.has(one)),
    gloves: own.filter(({ channel }) => /^glove_\d+/.test(channel.key)),
    filters: own.filter(isFilter),
    flows: own.filter(({ channel }) => channel.unit === "m/s"),
    gauges: gaugesOf(own, spaces),
    sashes: own.filter(({ channel }) => channel.unit === "mm"),
    mode: stateNamed(own, /^mode$/),
    phase: stateNamed(own, /phase$/),
    left: own.find(({ channel }) => channel.unit === "s" && /remaining|left/.test(channel.key)),
  };
}

const stateNamed = (own: readonly Source[], name: RegExp): Source | undefined =>
  own.find(({ channel }) => channel.kind === "state" && name.test(channel.key));

const wordsOf = ({ states }: Channel): string[] => Object.values(states).map(({ en }) => en);

const isDoor = ({ channel }: Source): boolean =>
  channel.kind === "state" && !/valve/.test(channel.key) && ["open", "closed"].every((word) => wordsOf(channel).includes(word));

/** `door_1` for `door_1_closed` and `door_1_locked`, `port_2` for `port_lock_2`. */
const baseOf = (key: string): string => key.replace(/_(closed|locked|lock|fault)(?=_|$)/, "");

/** The doors among a device's channels, each with its lock and its fault. */
export function openingsOf(own: readonly Source[]): Opening[] {
  const states = own.filter(({ channel }) => channel.kind === "state");
  return [...groupBy(states, ({ channel }) => baseOf(channel.key))].flatMap(([key, group]) => {
    const aside = (name: RegExp) => group.find(({ channel }) => name.test(channel.key));
    const door = group.find((source) => isDoor(source) && !/_(lock|locked|fault)(?=_|$)/.test(source.channel.key));
    return door ? [{ key, door, lock: aside(/_lock(ed)?(?=_|$)/), fault: aside(/_fault$/) }] : [];
  });
}

/** The name of the state that a channel is in, in English: what the drawing goes by. */
const stateWord = ({ channel }: Source, value: number | null): string =>
  value === null ? "" : (channel.states[String(value)]?.en ?? "");

const drawn: readonly OpeningState[] = ["open", "closed", "locked", "moving", "fault"];

/** How an opening stands; `valueOf` gives a channel's value, null where it cannot be relied on. */
export function openingState({ door, lock, fault }: Opening, valueOf: (source: Source) => number | null): OpeningState {
  if (fault && stateWord(fault, valueOf(fault)) === "fault") return "fault";
  const state = drawn.find((word) => word === stateWord(door, valueOf(door))) ?? "unknown";
  return state === "closed" && lock && stateWord(lock, valueOf(lock)) === "locked" ? "locked" : state;
}

const isPressure = (source: Source): boolean => source.channel.unit === "Pa" && !isFilter(source);

/** The spaces that have a pressure: the first, and those that have doors of their own by name. */
function spacesOf(own: readonly Source[], openings: readonly Opening[]): Space[] {
  const named = groupBy(own.filter(isPressure), ({ channel }) => channel.key.replace(/_?pressure.*$/, ""));
  return [...named].flatMap(([name, pressures], i) => {
    const doors = openings.filter(({ key }) => name !== "" && key.startsWith(`${name}_`));
    return i === 0 || doors.length > 0 ? [{ name, pressures, openings: i === 0 ? [] : doors }] : [];
  });
}

/** What else is under a limit, one of each unit. */
function gaugesOf(own: readonly Source[], spaces: readonly Space[]): Source[] {
  const shown = new Set(spaces.flatMap(({ pressures }) => pressures));
  const others = own.filter(
    (source) =>
      source.channel.kind === "analog" && source.limits.length > 0 && !shown.has(source) && !isFilter(source) &&
      !["m/s", "mm", "Pa/min"].includes(source.channel.unit),
  );
  const byUnit = [...groupBy(others, ({ channel }) => channel.unit).values()];
  return byUnit.flatMap((alike) => alike.slice(0, 1)).slice(0, most_gauges);
}
