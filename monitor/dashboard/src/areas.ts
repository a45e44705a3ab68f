/** The parts of the plant that a person goes to: each line, and what the lines of a workshop share. Pure. */

import type { Device, Line, Text, Workshop } from "./api-types";
import type { PlantIndex, ZoneView } from "./plant";

/** `line` is undefined for what the lines of a workshop share. `key` names the area in an address. */
export interface Area {
  key: string;
  id: string;
  workshop: Workshop;
  line: Line | undefined;
  zones: readonly ZoneView[];
  devices: readonly Device[];
}

export interface WorkshopAreas {
  workshop: Workshop;
  areas: readonly Area[];
}

type Place = { workshop: string; line: string | null };

/** Which area a zone, a device or an alarm's place belongs to. */
export const areaKey = ({ workshop, line }: Place): string => (line === null ? `shared/${workshop}` : `line/${line}`);

/** Every workshop with its lines, and after them what they share, if that is anything. */
export function workshopsOf(index: PlantIndex): WorkshopAreas[] {
  const { workshops, lines, devices } = index.plant;
  const zones = [...index.zones.values()];
  const areaOf = (workshop: Workshop, line: Line | undefined): Area => {
    const key = areaKey({ workshop: workshop.id, line: line?.id ?? null });
    return {
      key,
      id: line?.id ?? workshop.id,
      workshop,
      line,
      zones: zones.filter(({ zone }) => areaKey(zone) === key),
      devices: devices.filter((device) => areaKey(device) === key),
    };
  };
  return workshops.map((workshop) => {
    const own = lines.filter((line) => line.workshop === workshop.id).map((line) => areaOf(workshop, line));
    const shared = areaOf(workshop, undefined);
    return { workshop, areas: shared.zones.length > 0 ? [...own, shared] : own };
  });
}

/** More zones than this beside one another leave no room for long words. */
const widest = 5;
const longest_word = 8;

/**
 * What narrow tiles call their zones: by the plant's own names, or, where one of these has a word too long for its
 * tile, all by their ids without what they have in common with the area's.
 */
export function shortName(area: Area, text: (label: Text) => string): (view: ZoneView) => string {
  const isLong = ({ zone }: ZoneView): boolean => text(zone.label).split(/\s+/).some((word) => word.length > longest_word);
  if (area.zones.length <= widest || !area.zones.some(isLong)) return ({ zone }) => text(zone.label);
  return ({ zone }) => (zone.id.startsWith(`${area.id}-`) ? zone.id.slice(area.id.length + 1) : zone.id);
}

/** The workshops in so many columns of about the same height: each goes where there is most room left. */
export function columnsOf(workshops: readonly WorkshopAreas[], count: number): WorkshopAreas[][] {
  const columns = Array.from({ length: count }, (): WorkshopAreas[] => []);
  const height = (column: readonly WorkshopAreas[]): number => column.reduce((sum, { areas }) => sum + areas.length, 0);
  for (const one of workshops) {
    columns.reduce((lowest, column) => (height(column) < height(lowest) ? column : lowest)).push(one);
  }
  return columns.filter((column) => column.length > 0);
}

const inBoth = ({ en, zh }: Text): string => `${en} ${zh}`;

/** What was typed, as the words that must all be found. */
const wordsOf = (typed: string): string[] => typed.toLowerCase().split(/\s+/).filter((word) => word !== "");

const holds = (text: string, typed: string): boolean => {
  const low = text.toLowerCase();
  return wordsOf(typed).every((word) => low.includes(word));
};

const isNamed = ({ id, label }: Device, typed: string): boolean => holds(`${id} ${inBoth(label)}`, typed);

/** Whether a zone, or a device that measures in it, is meant by what was typed. Nothing typed means every zone. */
export function isMeant({ zone, line, sources }: ZoneView, typed: string): boolean {
  const named = holds([zone.id, zone.grade, inBoth(zone.label), line?.product ?? ""].join(" "), typed);
  return named || [...new Set(sources.map(({ device }) => device))].some((device) => isNamed(device, typed));
}

/** The first device, or else the first zone, that is meant; a device's whole id is always that device. */
export function meant(index: PlantIndex, typed: string): { zone: string } | { device: string } | undefined {
  if (wordsOf(typed).length === 0) return undefined;
  const device = index.plant.devices.find((one) => isNamed(one, typed));
  if (device) return { device: device.id };
  const view = [...index.zones.values()].find((one) => isMeant(one, typed));
  return view && { zone: view.zone.id };
}
