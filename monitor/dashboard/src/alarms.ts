/** How alarms are ordered and worded. Pure, but for the language, which every text follows. */

import type { Alarm, Level, Limit, Priority } from "./api-types";
import { crossedOf, inWords, serviceTitle } from "./details";
import { bound, permittedOf, unit, value } from "./format";
import { said, t } from "./i18n";
import { calibrationTitle } from "./instruments";
import { measured, type PlantIndex } from "./plant";

/** Worst first. The rank is also the letter that is shown in the level's shape. */
export const levels: readonly Level[] = ["action", "alert", "diagnostic"];

export const rank = (level: Level): number => levels.indexOf(level) + 1;

export const isLevel = (word: string): word is Level => levels.some((level) => level === word);

/** The most urgent first. */
export const priorities: readonly Priority[] = ["critical", "high", "medium", "low"];

/** Whether nobody is shown it: shelved, suppressed by design, or out of service. */
export const isHidden = ({ state }: Alarm): boolean => state === "SHLVD" || state === "DSUPR" || state === "OOSRV";

/** Whether it is over and stays only until a person resets it. */
export const isHeld = ({ state }: Alarm): boolean => state === "LATAK";

/** The most urgent first, then the worst level; in it what nobody has seen; in that what came first of its line, or is newest. */
export function byPriority(a: Alarm, b: Alarm): number {
  if (a.priority !== b.priority) return priorities.indexOf(a.priority) - priorities.indexOf(b.priority);
  if (a.level !== b.level) return rank(a.level) - rank(b.level);
  if (a.acknowledged !== b.acknowledged) return a.acknowledged ? 1 : -1;
  if (a.first_out !== b.first_out) return a.first_out ? -1 : 1;
  return b.raised_at.localeCompare(a.raised_at) || a.id.localeCompare(b.id);
}

/**
 * The alarm that speaks for several: among those of the worst level that are still active (or, if none is, among all)
 * the one that came first, because what came after is often its consequence. In one second, the id as it is written:
 * so `pressure` speaks before `pressure_b`, its second sensor.
 */
export function foremost(alarms: readonly Alarm[]): Alarm | undefined {
  const active = alarms.filter((alarm) => alarm.active);
  const [first, ...others] = active.length > 0 ? active : alarms;
  const isBefore = (a: Alarm, b: Alarm): boolean =>
    a.level === b.level ? `${a.raised_at} ${a.id}` < `${b.raised_at} ${b.id}` : rank(a.level) < rank(b.level);
  return first && others.reduce((best, one) => (isBefore(one, best) ? one : best), first);
}

/** The alarms after one of them changed. An answer that comes late changes nothing. */
export function changed(alarms: ReadonlyMap<string, Alarm>, alarm: Alarm): ReadonlyMap<string, Alarm> {
  const before = alarms.get(alarm.id);
  if (before && Date.parse(before.changed_at) > Date.parse(alarm.changed_at)) return alarms;
  const after = new Map(alarms);
  if (alarm.state === "NORM") after.delete(alarm.id);
  else after.set(alarm.id, alarm);
  return after;
}

type Raised = Pick<Alarm, "worst"> & { detail?: string };

/** Which bound was crossed: the one it was raised at, or else judged from the worst value; undefined where there is none. */
export function side(alarm: Raised, limit: Limit | undefined): "low" | "high" | undefined {
  const raised = crossedOf(alarm.detail ?? "");
  if (raised) return raised.crossed;
  if (!limit || alarm.worst === null) return undefined;
  if (limit.low !== null && alarm.worst < limit.low) return "low";
  return limit.high !== null && alarm.worst > limit.high ? "high" : undefined;
}

const lockout = "lockout-of-";

/** Whose account is locked; undefined where the part of the service is another one. */
function lockoutTitle(part: string): string | undefined {
  return part.startsWith(lockout) ? t("locked_out", { name: part.slice(lockout.length) }) : undefined;
}

/** What is wrong, in a few words: `Chamber pressure low`, `Isolator: communication lost`. */
export function title(alarm: Pick<Alarm, "id" | "channel" | "device"> & Raised, index: PlantIndex): string {
  const acting = index.protections.get(alarm.id) ?? index.protections.get(alarm.id.replace(/\/failed$/, ""));
  if (acting) return `${acting.code} ${said(acting.label)}${acting.id === alarm.id ? "" : ` · ${t("protection_FAILED")}`}`;
  const channel = measured(alarm.channel, index);
  const device = alarm.device === null ? undefined : index.devices.get(alarm.device);
  const [part = "", cause = ""] = [alarm.id.slice(alarm.id.indexOf("/") + 1), alarm.id.split("/").at(-1)];
  if (alarm.id.startsWith("service/")) return lockoutTitle(part) ?? calibrationTitle(part, index) ?? serviceTitle(part) ?? t("service_part", { part });
  if (cause === "communication" && device) return `${said(device.label)} · ${t("communication_lost")}`;
  if (!channel) return alarm.id;
  if (cause === "blind") return `${said(channel.label)} · ${t("blind")}`;
  const crossed = side(alarm, index.limits.get(alarm.id));
  return crossed ? `${said(channel.label)} · ${t(crossed)}` : said(channel.label);
}

/** The same of one that is known by its id alone. */
export function titleOf(id: string, index: PlantIndex): string {
  const [device = "", channel] = [id.split("/")[0], index.limits.get(id)?.channel ?? id.slice(0, id.lastIndexOf("/"))];
  return title({ id, channel, device, worst: null }, index);
}

/** Where it is: `STM-L1 · Isolator`. Empty for the service itself. */
export function place(alarm: Alarm, index: PlantIndex): string {
  const zone = alarm.zone === null ? undefined : index.zones.get(alarm.zone)?.zone;
  const device = alarm.device === null ? undefined : index.devices.get(alarm.device);
  const spot = zone ? said(zone.label) : device?.id;
  return [alarm.line ?? zone?.line ?? zone?.workshop, spot].filter((part) => part !== undefined).join(" · ");
}

/** The bound that was crossed, with an arrow: `▼ 20 Pa`; of a state or of bits, what they ought to be: `= closed`. Empty where there is none. */
export function crossing(alarm: Alarm, index: PlantIndex): string {
  const limit = index.limits.get(alarm.id);
  const channel = limit && measured(limit.channel, index);
  const crossed = side(alarm, limit);
  if (!limit || !channel || !crossed) return "";
  if (channel.kind === "state" || channel.kind === "bits") return permittedOf(limit, channel, said);
  const figure = crossedOf(alarm.detail)?.limit ?? (crossed === "low" ? limit.low : limit.high);
  return figure === null ? "" : `${crossed === "low" ? "▼" : "▲"} ${bound(figure)} ${unit(channel.unit)}`.trimEnd();
}

/** The value furthest outside, with its unit. Empty where there is none. */
export function worst(alarm: Alarm, index: PlantIndex): string {
  const channel = measured(alarm.channel, index);
  if (!channel || alarm.worst === null) return "";
  return `${value(channel, alarm.worst, said)} ${unit(channel.unit)}`.trimEnd();
}

/** What the service says beside it, in words and with its unit; the figures of a state would say nothing. */
export function detailOf(alarm: Alarm, index: PlantIndex): string {
  const channel = measured(alarm.channel, index);
  return channel?.kind === "state" && alarm.worst !== null ? "" : inWords(alarm.detail, channel?.unit ?? "");
}
