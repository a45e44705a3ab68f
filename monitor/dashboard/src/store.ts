/**
 * Everything the screen knows, as signals. One signal for each series, so that a sample redraws only what shows it.
 * Views read; only this file and what it is told by `live.ts` writes.
 */

import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { byPriority, changed, foremost, isHidden } from "./alarms";
import type { Alarm, Deed, Device, Health, Message, Occupancy, Person, Protection, RunningBatch, Sample } from "./api-types";
import { ServerClock } from "./clock";
import { cut, step, unlinked, type Link, type LinkEvent } from "./link";
import { firstZone, isReckoned, onWire, type PlantIndex, type Source } from "./plant";
import { byUrgency, runs, standing } from "./protections";
import { next, nothing, oldAfter_ms, reading, reckonedReading, type Reading, type Row } from "./rows";

/** Who is signed in; null: nobody; undefined: not known yet. */
export const person = signal<Person | null | undefined>(undefined);
export const index = signal<PlantIndex | null>(null);
export const alarms = signal<ReadonlyMap<string, Alarm>>(new Map());
/** Those that are not simply armed. */
export const protections = signal<ReadonlyMap<string, Protection>>(new Map());
/** What goes on in each zone, by its id. */
export const occupancy = signal<ReadonlyMap<string, Occupancy>>(new Map());
/** The one that runs on each line, by the line's id. */
export const batches = signal<ReadonlyMap<string, RunningBatch>>(new Map());
export const health = signal<Health | null>(null);
export const link = signal<Link>(unlinked);
/** The plant as the collector has it; null before it was heard. The screen must show the same one. */
export const collectorPlant = signal<string | null>(null);
/** Counts snapshots: what was missed before one must be asked for again. */
export const snapshots = signal(0);

/** The browser's monotonic clock, renewed twice a second: ages and silences are drawn from it. */
export const now_ms = signal(performance.now());
const clock = new ServerClock();
const clockSet = signal(0);
/** The server's time, epoch milliseconds; undefined before it was heard. */
export const server_ms = computed(() => (clockSet.value, clock.at(now_ms.value)));
/** Whole seconds of it, so that what shows seconds is drawn once a second. */
export const server_s = computed(() => (server_ms.value === undefined ? undefined : Math.floor(server_ms.value / 1000)));

export const notLive = computed(() => cut(link.value, now_ms.value));
const everyAlarm = computed(() => [...alarms.value.values()].sort(byPriority));
export const alarmList = computed(() => everyAlarm.value.filter((alarm) => !isHidden(alarm)));
/** What is hidden goes on being judged, and stays to be seen by whoever looks for it. */
export const hiddenAlarms = computed(() => everyAlarm.value.filter(isHidden));
export const runningProtections = computed(() => [...protections.value.values()].filter(runs).sort(byUrgency));
/** Whether who is signed in has a right. The server decides; what it would refuse is not offered. */
export const may = (deed: Deed): boolean => person.value?.deeds.includes(deed) ?? false;
export const alarmsByZone = computed(() => grouped(alarmList.value, (alarm) => alarm.zone));
/** Of what is hidden, what would be shown if it were not; a mask that hides nothing yet is not told here. */
export const hiddenByZone = computed(() => grouped(hiddenAlarms.value, (alarm) => alarm.zone));
export const hiddenByChannel = computed(() => grouped(hiddenAlarms.value, (alarm) => alarm.channel));
export const alarmsByChannel = computed(() => grouped(alarmList.value, (alarm) => alarm.channel));

function grouped(list: readonly Alarm[], keyOf: (alarm: Alarm) => string | null): ReadonlyMap<string, Alarm[]> {
  const groups = new Map<string, Alarm[]>();
  for (const alarm of list) {
    const key = keyOf(alarm);
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), alarm]);
  }
  return groups;
}

// --- What the person is looking at ---------------------------------------------------------------

export type Focus = { zone: string } | { device: string };

export const focus = signal<Focus | null>(null);
export const chosenChannel = signal<string | null>(null);
export const chosen = computed(() => index.value?.channels.get(chosenChannel.value ?? "") ?? null);

/** What was typed to find a zone or a device. */
export const typed = signal("");

/** Only what is on the wire has a trend: of an alarm on what is reckoned, that of the channel behind it is looked at. */
const behind = (channel: string): string | null => (index.value && onWire(channel, index.value)) ?? null;

export function lookAtZone(id: string): void {
  const view = index.value?.zones.get(id);
  const troubled = foremost((alarmsByZone.value.get(id) ?? []).filter(({ channel }) => channel !== null))?.channel;
  batch(() => {
    focus.value = { zone: id };
    chosenChannel.value = (troubled && behind(troubled)) ?? view?.face[0]?.channel.id ?? view?.sources[0]?.channel.id ?? null;
  });
}

export function lookAtDevice(id: string): void {
  batch(() => {
    focus.value = { device: id };
    chosenChannel.value = index.value?.devices.get(id)?.series[0]?.channels[0]?.id ?? null;
  });
}

export function lookAtAlarm(alarm: Alarm): void {
  if (alarm.zone !== null && alarm.channel !== null) {
    batch(() => {
      focus.value = { zone: alarm.zone ?? "" };
      chosenChannel.value = behind(alarm.channel ?? "");
    });
  } else if (alarm.device !== null) lookAtDevice(alarm.device);
}

/** Takes a plant in use; the focus stays where it was if that is still there. */
export function usePlant(plant: PlantIndex): void {
  batch(() => {
    index.value = plant;
    readings.clear();
    standings.clear();
    if (chosen.value !== null) return;
    const first = firstZone(plant);
    if (first) lookAtZone(first.zone.id);
  });
}

// --- Values ----------------------------------------------------------------------------------------

const rows = new Map<string, Signal<Row | null>>();

export function rowOf(series: string): Signal<Row | null> {
  let row = rows.get(series);
  if (!row) rows.set(series, (row = signal(null)));
  return row;
}

const readings = new Map<string, ReadonlySignal<Reading>>();

/** How a channel stands now; renewed with its series and with the clock. */
export function readingOf(source: Source): ReadonlySignal<Reading> {
  const { channel, device, series } = source;
  let found = readings.get(channel.id);
  if (!found) {
    const row = rowOf(series.id);
    found = computed(() => {
      const limit_ms = oldAfter_ms(device.period_s, series.records, row.value?.interval_ms);
      if (isReckoned(source)) return reckonedReading(row.value, channel.id, server_ms.value, limit_ms);
      return row.value === null ? nothing : reading(row.value, channel.place, server_ms.value, limit_ms);
    });
    readings.set(channel.id, found);
  }
  return found;
}

/** `age_s`: how long ago a device's every-second row last held anything usable; `reason`: why not since. */
export interface DeviceStanding {
  age_s: number | null;
  live: boolean;
  reason: string;
}

const standings = new Map<string, ReadonlySignal<DeviceStanding>>();

/** How a device as a whole stands now; renewed with its series and with the clock. */
export function standingOf(device: Device): ReadonlySignal<DeviceStanding> {
  let found = standings.get(device.id);
  if (!found) standings.set(device.id, (found = computed(() => deviceStanding(device))));
  return found;
}

function deviceStanding(device: Device): DeviceStanding {
  const row = rowOf(device.series[0]?.id ?? device.id).value;
  const now = server_ms.value;
  if (row === null || now === undefined || Number.isNaN(row.usable_ms)) {
    return { age_s: null, live: false, reason: row?.sample.reason ?? "" };
  }
  const age_s = Math.max(0, now - row.usable_ms) / 1000;
  return { age_s, live: age_s * 1000 <= oldAfter_ms(device.period_s, false, undefined), reason: row.sample.reason };
}

type Listener = (sample: Sample) => void;
const listeners = new Map<string, Set<Listener>>();

/** Hears every sample of a series, also those that were superseded before the screen was drawn. */
export function listen(series: string, listener: Listener): () => void {
  const own = listeners.get(series) ?? new Set();
  listeners.set(series, own.add(listener));
  return () => own.delete(listener);
}

// --- What the server says ---------------------------------------------------------------------------

export function linkEvent(event: LinkEvent): void {
  link.value = step(link.value, event);
}

/** Takes in messages that were heard at `heard_ms` (monotonic), in order, as one change of the screen. */
export function receive(messages: readonly Message[], heard_ms: number): void {
  batch(() => {
    for (const message of messages) take(message, heard_ms);
  });
}

function take(message: Message, heard_ms: number): void {
  switch (message.type) {
    case "snapshot":
      tell(message.at, heard_ms);
      for (const sample of message.samples) takeSample(sample);
      alarms.value = new Map(message.alarms.map((alarm) => [alarm.id, alarm]));
      protections.value = new Map(message.protections.map((one) => [one.id, one]));
      occupancy.value = new Map(Object.entries(message.occupancy));
      batches.value = new Map(message.batches.map((one) => [one.line, one]));
      health.value = message.health;
      collectorPlant.value = message.plant_sha256;
      snapshots.value += 1;
      return linkEvent({ kind: "snapshot", at_ms: heard_ms });
    case "sample":
      takeSample(message);
      break;
    case "alarm":
      takeAlarm(message.alarm);
      break;
    case "protection":
      protections.value = standing(protections.value, message.protection);
      break;
    case "occupancy":
      occupancy.value = new Map(occupancy.value).set(message.zone, message.occupancy);
      break;
    case "batch":
      takeBatch(message.line, message.batch);
      break;
    case "health":
      tell(message.at, heard_ms);
      health.value = message;
      break;
    case "link":
      return linkEvent({ kind: "collector", up: message.collector, at_ms: heard_ms });
  }
  linkEvent({ kind: "heard", at_ms: heard_ms });
}

function tell(at: string, heard_ms: number): void {
  clock.heard(Date.parse(at), heard_ms);
  clockSet.value += 1;
}

function takeSample(sample: Sample): void {
  const row = rowOf(sample.series);
  row.value = next(row.value, sample);
  for (const listener of listeners.get(sample.series) ?? []) listener(sample);
}

export function takeAlarm(alarm: Alarm): void {
  alarms.value = changed(alarms.value, alarm);
}

/** Another batch runs on a line, or the same one in another stage; null: none does any more. */
export function takeBatch(line: string, now: RunningBatch | null): void {
  const next = new Map(batches.value);
  if (now === null) next.delete(line);
  else next.set(line, now);
  batches.value = next;
}
