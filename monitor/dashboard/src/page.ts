/** Which page is shown. It stands in the address, so that the browser's own back button leads back. */

import { computed, signal } from "@preact/signals";
import type { Alarm } from "./api-types";
import { areaKey, workshopsOf, type Area } from "./areas";
import { index, lookAtAlarm } from "./store";

const subjects = ["devices", "protections", "instruments", "account", "people", "book", "changes", "batches", "equipment", "prevention"] as const;

type Subject = (typeof subjects)[number];

/** The whole plant, a page of one subject, one area by its key, or one device by its id. */
export type Page =
  | { kind: "plant" }
  | { kind: Subject }
  | { kind: "alarms"; tab: AlarmTab }
  | { kind: "trends"; asked: string }
  | { kind: "overlay"; asked: string }
  | { kind: "samples"; code: string }
  | { kind: "duty"; notice: string }
  | { kind: "call"; alarm: string; raised_at: string }
  | { kind: "batch"; id: string }
  | { kind: "deviations"; number: string }
  | { kind: "area"; key: string }
  | { kind: "device"; id: string };

export const alarmTabs = ["standing", "history", "load"] as const;
export type AlarmTab = (typeof alarmTabs)[number];

/** Reads an address's fragment; what it does not know is the whole plant. */
export function pageOf(fragment: string): Page {
  const path = fragment.replace(/^#\/?/, "");
  const subject = subjects.find((one) => one === path.split("?")[0]);
  if (subject) return { kind: subject };
  if (path.startsWith("alarms")) return { kind: "alarms", tab: alarmTabs.find((tab) => path === `alarms/${tab}`) ?? "standing" };
  if (/^trends(\?|$)/.test(path)) return { kind: "trends", asked: path.slice("trends?".length) };
  if (/^overlay(\?|$)/.test(path)) return { kind: "overlay", asked: path.slice("overlay?".length) };
  if (/^on-call(\/|$)/.test(path)) return { kind: "duty", notice: plainly(path.split("/")[1] ?? "") };
  if (/^samples(\/|$)/.test(path)) return { kind: "samples", code: plainly(path.split("/")[1] ?? "") };
  const call = /^call\/([^/]+)\/([^/]+)$/.exec(path);
  if (call) return { kind: "call", alarm: plainly(call[1] ?? ""), raised_at: plainly(call[2] ?? "") };
  const batch = /^batch\/([^/]+)$/.exec(path)?.[1];
  if (batch !== undefined) return { kind: "batch", id: plainly(batch) };
  if (/^deviations(\/|$)/.test(path)) return { kind: "deviations", number: plainly(path.split("/")[1] ?? "") };
  const device = /^device\/(.+)$/.exec(path)?.[1];
  if (device !== undefined) return { kind: "device", id: device };
  return /^(line|shared)\/./.test(path) ? { kind: "area", key: path } : { kind: "plant" };
}

/** A part of an address as it was before it was put there; one that nobody put there stays as it is. */
function plainly(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The page of one occurrence of an alarm, for a telephone. */
export const addressOfCall = ({ id, raised_at }: Alarm): string => `#/call/${encodeURIComponent(id)}/${encodeURIComponent(raised_at)}`;

/** The record of one batch. */
export const addressOfBatch = (id: string): string => `#/batch/${encodeURIComponent(id)}`;

/** One deviation, unfolded among all. */
export const addressOfDeviation = (number: string): string => `#/deviations/${encodeURIComponent(number)}`;

export const page = signal<Page>(typeof location === "undefined" ? { kind: "plant" } : pageOf(location.hash));

if (typeof window !== "undefined") {
  window.addEventListener("hashchange", () => (page.value = pageOf(location.hash)));
}

/** The plant's ids are letters, digits and `- _ .`: they stand in an address as they are. */
export const addressOf = (key: string): string => `#/${key}`;

export const addressOfDevice = (id: string): string => addressOf(`device/${id}`);

export const workshops = computed(() => (index.value === null ? [] : workshopsOf(index.value)));
export const areas = computed(() => workshops.value.flatMap((one) => one.areas));

/** Whether the plant is small enough to show everything of it at once, in tall tiles and with every device named. */
export const small = computed(() => areas.value.length <= 2);

/** The area on the page; undefined on the others, and where the plant has no such area any more. */
export const areaShown = computed((): Area | undefined => {
  const at = page.value;
  return at.kind === "area" ? areas.value.find(({ key }) => key === at.key) : undefined;
});

/** The device on the page; undefined on the others, and where the plant has no such device any more. */
export const deviceShown = computed(() => {
  const at = page.value;
  return at.kind === "device" ? index.value?.devices.get(at.id) : undefined;
});

/** Looks at an alarm, and goes to its area; the overview shows them all already. */
export function goToAlarm(alarm: Alarm): void {
  lookAtAlarm(alarm);
  const zone = index.value?.zones.get(alarm.zone ?? "")?.zone;
  if (zone && page.value.kind !== "plant") location.hash = addressOf(areaKey(zone));
}
