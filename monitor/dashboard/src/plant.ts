/** The plant as the screen needs it: found by id, and what each zone shows on its tile. Nothing here is fixed. */

import type { Channel, Derived, Device, Limit, Line, Plant, PlantProtection, Series, Zone } from "./api-types";

/** Where a channel's value comes from. */
export interface Source {
  channel: Channel;
  device: Device;
  series: Series;
  limits: readonly Limit[];
}

/** One numbered part of a device that has several alike, such as a chamber of a honeycomb incubator. */
export interface Chamber {
  number: number;
  sources: readonly Source[];
}

/**
 * A zone with everything that is measured in it. `face`: the channels its tile shows, most telling first. `board`: in
 * its place, a row for each device, where several stand in a zone that is watched for their sake and not for its air.
 */
export interface ZoneView {
  zone: Zone;
  line: Line | undefined;
  sources: readonly Source[];
  face: readonly Source[];
  chambers: readonly Chamber[];
  board: readonly BoardRow[];
}

/** A device and the channel that tells most of it; undefined where none tells anything by itself. */
export interface BoardRow {
  device: Device;
  lead: Source | undefined;
}

export interface PlantIndex {
  plant: Plant;
  channels: ReadonlyMap<string, Source>;
  devices: ReadonlyMap<string, Device>;
  zones: ReadonlyMap<string, ZoneView>;
  limits: ReadonlyMap<string, Limit>;
  protections: ReadonlyMap<string, PlantProtection>;
  /** What is reckoned from channels, in the form of one: it has no place in its series' rows. */
  derived: ReadonlyMap<string, Source>;
}

/** A channel, or what is reckoned from some, by its id. */
export const measured = (id: string | null, index: PlantIndex): Channel | undefined =>
  id === null ? undefined : (sourceOf(id, index)?.channel);

export const sourceOf = (id: string, index: PlantIndex): Source | undefined => index.channels.get(id) ?? index.derived.get(id);

/** The channel on the wire that an id stands for: itself, or the first that a derived one is reckoned from. */
export function onWire(id: string, index: PlantIndex): string | undefined {
  if (index.channels.has(id)) return id;
  const first = index.plant.derived.find((one) => one.id === id)?.inputs[0];
  return first === undefined ? undefined : onWire(first, index);
}

/** The place of a derived channel: it has none in a row. */
const nowhere = -1;

export const isReckoned = ({ channel }: Source): boolean => channel.place === nowhere;

const reckoned = ({ id, unit, zone, label }: Derived): Channel => ({
  id,
  key: id.slice(id.indexOf("/") + 1),
  unit,
  kind: unit === "count" || unit === "records" || unit === "readings" ? "count" : "analog",
  label,
  zone,
  place: nowhere,
  states: {},
  bits: {},
  clear_bits: {},
});

/** Fewer numbered parts than this are listed, not drawn as a comb. */
const fewest_chambers = 4;
const longest_face = 3;

export function indexOf(plant: Plant): PlantIndex {
  const limits = groupBy(plant.limits, (limit) => limit.channel);
  const channels = sourcesOf(plant, limits);
  const lines = new Map(plant.lines.map((line) => [line.id, line]));
  const byZone = groupBy([...channels.values()], (source) => source.channel.zone);
  return {
    plant,
    channels,
    devices: new Map(plant.devices.map((device) => [device.id, device])),
    zones: new Map(plant.zones.map((zone) => [zone.id, viewOf(zone, lines.get(zone.line ?? ""), byZone.get(zone.id) ?? [])])),
    limits: new Map(plant.limits.map((limit) => [limit.id, limit])),
    protections: new Map(plant.protections.map((one) => [one.id, one])),
    derived: derivedOf(plant, limits),
  };
}

type Limits = ReadonlyMap<string, readonly Limit[]>;

function derivedOf(plant: Plant, limits: Limits): Map<string, Source> {
  const places = new Map(plant.devices.flatMap((device) => device.series.map((series) => [series.id, { device, series }])));
  return new Map(
    plant.derived.flatMap((one) => {
      const place = places.get(one.series);
      return place ? [[one.id, { channel: reckoned(one), ...place, limits: limits.get(one.id) ?? [] }]] : [];
    }),
  );
}

function sourcesOf(plant: Plant, limits: Limits): Map<string, Source> {
  const channels = new Map<string, Source>();
  for (const device of plant.devices) {
    for (const series of device.series) {
      for (const channel of series.channels) {
        channels.set(channel.id, { channel, device, series, limits: limits.get(channel.id) ?? [] });
      }
    }
  }
  return channels;
}

function viewOf(zone: Zone, line: Line | undefined, sources: Source[]): ZoneView {
  const chambers = chambersOf(sources);
  const face = faceOf(chambers[0]?.sources ?? sources);
  const isForAir = line !== undefined || face.slice(0, 1).some(isPressure);
  return { zone, line, sources, face, chambers, board: isForAir ? [] : boardOf(sources) };
}

/** Empty where one device alone stands. */
function boardOf(sources: readonly Source[]): BoardRow[] {
  const byDevice = groupBy(sources, ({ device }) => device);
  if (byDevice.size < 2) return [];
  return [...byDevice].map(([device, own]) => ({ device, lead: leadOf(own) }));
}

/** A measured quantity under a limit, or else a state with several names, such as a mode or a phase. */
function leadOf(own: readonly Source[]): Source | undefined {
  const [first] = faceOf(own);
  if (first && first.limits.length > 0) return first;
  return own.find(({ channel }) => channel.kind === "state" && Object.keys(channel.states).length > 2);
}

/**
 * What a tile shows: channels under a limit, one for each unit. Pressure comes first, because it is what keeps
 * a clean zone clean; then what the same device measures.
 */
export function faceOf(sources: readonly Source[]): Source[] {
  const analog = sources.filter(({ channel }) => channel.kind === "analog" || channel.kind === "count");
  const limited = analog.filter(({ limits }) => limits.length > 0);
  const candidates = (limited.length > 0 ? limited : analog).filter((source) => !isFilter(source));
  const lead = candidates.find(isPressure) ?? candidates[0];
  if (!lead) return [];
  const others = candidates.filter(({ channel }) => channel.unit !== lead.channel.unit);
  const near = [...others.filter(isBeside(lead)), ...others.filter((source) => !isBeside(lead)(source))];
  const byUnit = [...groupBy(near, ({ channel }) => channel.unit).values()].flatMap((alike) => alike.slice(0, 1));
  return [lead, ...byUnit].slice(0, longest_face);
}

const isPressure = ({ channel }: Source): boolean => channel.unit === "Pa";

const isBeside =
  ({ device }: Source) =>
  (other: Source): boolean =>
    other.device === device;

/** A filter's pressure drop says how loaded it is, not how the air stands against the next room. */
export const isFilter = ({ channel }: Source): boolean => channel.unit === "Pa" && /hepa|filter/.test(channel.key);

/** The chambers among a zone's channels: keys such as `ch3_temp`. Empty when there are too few for a comb. */
export function chambersOf(sources: readonly Source[]): Chamber[] {
  const numbered = groupBy(sources, ({ channel }) => chamberOf(channel) ?? 0);
  numbered.delete(0);
  if (numbered.size < fewest_chambers) return [];
  return [...numbered].map(([number, own]) => ({ number, sources: own })).sort((a, b) => a.number - b.number);
}

/** The chamber's number in a key such as `ch3_temp`, or undefined. */
export function chamberOf(channel: Channel): number | undefined {
  const found = /^ch(\d+)_/.exec(channel.key)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The channels of all chambers that measure what `source` measures in one of them. */
export function alike({ chambers }: ZoneView, source: Source): Source[] {
  const kind = source.channel.key.replace(/^ch\d+_/, "");
  return chambers.flatMap(({ sources }) => sources.filter(({ channel }) => channel.key.replace(/^ch\d+_/, "") === kind));
}

export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** The zone that a first look should fall on: the first of grade A that measures anything, or simply the first. */
export function firstZone(index: PlantIndex): ZoneView | undefined {
  const views = [...index.zones.values()];
  return views.find(({ zone, face }) => zone.grade === "A" && face.length > 0) ?? views[0];
}
