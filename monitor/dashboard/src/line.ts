/** What stands at the head of a line: what its machines are doing. Pure. */

import type { Occupancy } from "./api-types";
import { channelsOf, schemeOf } from "./scheme";
import type { Area } from "./areas";
import type { PlantIndex, Source } from "./plant";

/** A machine's mode, and the phase of its decontamination with the time that it has left. */
export interface Doing {
  device: string;
  mode: Source | undefined;
  phase: Source | undefined;
  left: Source | undefined;
}

/** What the machines of a line are doing, where product is open first. */
export function doingsOf({ devices }: Area, index: PlantIndex): Doing[] {
  const isOpen = (id: string): boolean => index.zones.get(index.devices.get(id)?.zone ?? "")?.zone.grade === "A";
  return devices
    .map((device): Doing => {
      const { mode, phase, left } = schemeOf(channelsOf(device, index));
      return { device: device.id, mode, phase, left };
    })
    .filter(({ device, mode, phase }) => isOpen(device) && (mode || phase));
}

/** Whether a phase is worth a word: its first state is the one in which nothing is done. */
export function isUnderWay(phase: Source | undefined, value: number | null): boolean {
  if (!phase || value === null) return false;
  return value !== Math.min(...Object.keys(phase.channel.states).map(Number));
}

/** What goes on in the zones of a line; `rest`: how many are at rest, where others are not. */
export interface Going {
  what: Occupancy;
  rest: number;
  all: number;
}

/** Nothing is told before it is known of every zone. */
export function goingOn(zones: readonly string[], occupancy: ReadonlyMap<string, Occupancy>): Going | undefined {
  const told = zones.flatMap((zone) => occupancy.get(zone) ?? []);
  if (told.length === 0 || told.length < zones.length) return undefined;
  const rest = told.filter((one) => one === "at_rest").length;
  return { what: rest === told.length ? "at_rest" : "in_operation", rest, all: told.length };
}
