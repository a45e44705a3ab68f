/** How protective actions stand, and what people may do about them. Pure. */

import type { Protection } from "./api-types";

/** Every state of the server, so that each has its words; one that is new to this screen is shown as running. */
export const states = ["ARMED", "TRIGGERED", "REQUESTED", "ACKED", "VERIFIED", "FAILED", "LATCHED", "RESET_PENDING"] as const;
export type ProtectionState = (typeof states)[number];

export const stateKey = ({ state }: Protection): ProtectionState => states.find((known) => known === state) ?? "REQUESTED";

export const runs = ({ state }: Protection): boolean => state !== "ARMED";

/** The protective actions after one of them changed; what is simply armed is not kept. */
export function standing(before: ReadonlyMap<string, Protection>, one: Protection): ReadonlyMap<string, Protection> {
  const after = new Map(before);
  if (runs(one) || one.inhibited !== null) after.set(one.id, one);
  else after.delete(one.id);
  return after;
}

/** It has what it asked for, and waits for people. */
export const isLatched = ({ state }: Protection): boolean => state === "LATCHED";

/** A person may end it: the server says what is still lacking. */
export const mayBeEnded = ({ state, reset_by }: Protection): boolean =>
  reset_by.length > 0 && (state === "LATCHED" || state === "FAILED");

/** It asks for nothing before a person has confirmed it. */
export const waitsForWord = ({ state, needs_confirmation, dry_run }: Protection): boolean =>
  state === "TRIGGERED" && needs_confirmation && !dry_run;

/** What failed first, then what waits for a person, then what came first: what came after may follow from it. */
export function byUrgency(a: Protection, b: Protection): number {
  if (a.failed !== b.failed) return a.failed ? -1 : 1;
  if (waitsForWord(a) !== waitsForWord(b)) return waitsForWord(a) ? -1 : 1;
  return (a.triggered_at ?? "").localeCompare(b.triggered_at ?? "") || a.id.localeCompare(b.id);
}
