/** The register of instruments: what comes first, what is found, and what its alarms are called. Pure. */

import type { Instrument, InstrumentState } from "./api-types";
import { said, t, texts, type Key } from "./i18n";
import type { PlantIndex } from "./plant";

/** Worst first: what makes readings doubtful, then what is to be seen to in time. */
const urgency: readonly InstrumentState[] = [
  "unqualified",
  "overdue",
  "unknown",
  "due_in_1_month",
  "due_in_3_months",
  "in_order",
];

/** Whether somebody has something to do about it: it is not in order, or an entry waits for a second person. */
export const needsSomebody = ({ state, waiting }: Instrument): boolean => state !== "in_order" || waiting !== null;

/** What is worst first, then what is due first, then by id. */
export function byUrgency(a: Instrument, b: Instrument): number {
  const worse = urgency.indexOf(a.state) - urgency.indexOf(b.state);
  const [first, second] = [sooner(a), sooner(b)];
  return worse || (first === second ? a.id.localeCompare(b.id) : first - second);
}

/** Whether every word is found in what is known of it, in either language. */
export function matches(one: Instrument, words: string): boolean {
  const state: Key = `instrument_${one.state}`;
  const known = [one.id, one.zone, one.label.en, one.label.zh, texts.en[state], texts.zh[state]];
  for (const entry of [one.entry, one.waiting]) {
    if (entry) known.push(entry.serial, entry.certificate, entry.category);
  }
  const text = known.join(" ").toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The rows of the table. */
export const listed = (all: readonly Instrument[], words: string, only: boolean): Instrument[] =>
  all.filter((one) => matches(one, words) && (!only || needsSomebody(one))).sort(byUrgency);

/** How many of each state that is not in order, worst first. */
export const counted = (all: readonly Instrument[]): [InstrumentState, number][] =>
  urgency
    .map((state): [InstrumentState, number] => [state, all.filter((one) => one.state === state).length])
    .filter(([state, n]) => state !== "in_order" && n > 0);

const alarms: Record<string, Key> = {
  "calibration-in-3-months": "instrument_alarm_soon",
  "calibration-in-1-month": "instrument_alarm_due",
  "calibration-overdue": "instrument_alarm_overdue",
  "requalification-in-3-months": "instrument_alarm_requalify_soon",
  "requalification-in-1-month": "instrument_alarm_requalify_due",
  "requalification-overdue": "instrument_alarm_requalify_overdue",
};

const calendar = /^service\/(re)?(calibration|qualification)-.+?-of-(.+)$/;

/** The instrument that an alarm says is due, for calibration or requalification; undefined of any other alarm. */
export const dueInstrument = (alarm: string): string | undefined => calendar.exec(alarm)?.[3];

/** What such an alarm says; undefined where the part of the service is another one. */
export function calibrationTitle(part: string, index: PlantIndex): string | undefined {
  const at = part.indexOf("-of-");
  const key = alarms[part.slice(0, at)];
  const id = part.slice(at + "-of-".length);
  const device = index.devices.get(id.split("/")[0] ?? id);
  return key && t(key, { instrument: device ? `${said(device.label)} · ${id}` : id });
}

/** Whether the device itself says another day: somebody looks which is right. */
export const differs = ({ entry, told_due_on }: Instrument): boolean => told_due_on !== null && told_due_on !== (entry?.due_on ?? null);

/** How long it may still be used, or since when it may not. */
export function daysLeft(days: number | null): string {
  if (days === null) return "";
  return days < 0 ? t("instrument_days_over", { n: -days }) : t("instrument_days_left", { n: days });
}

const sooner = ({ days_left, qualified_days_left }: Instrument): number => Math.min(days_left ?? Infinity, qualified_days_left ?? Infinity);

