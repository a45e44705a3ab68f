/** People and what they are trained for, as a page lists them. Pure. */

import type { OnePerson, OneToken, OneTraining, Role, Subject } from "./admin";
import type { Deed } from "./api-types";

export const roles: readonly Role[] = ["viewer", "operator", "engineer", "qa", "qualified_person", "admin"];

export const subjects: readonly Subject[] = ["alarms", "protection", "review", "calibration", "plates"];

/** What a token can be made for. */
export const forMachines: readonly Deed[] = ["look", "read_past", "export", "read_book", "scrape", "start_batch", "note_plates"];

/** How a training stands on a day (`2026-11-21`); both its days are included. */
export type Standing = "current" | "ends_soon" | "over" | "not_yet" | "none";

const soon_days = 30;
const day_ms = 86_400_000;

export function standingOn(training: Pick<OneTraining, "valid_from" | "valid_until"> | undefined, today: string): Standing {
  if (!training) return "none";
  if (today < training.valid_from) return "not_yet";
  if (today > training.valid_until) return "over";
  const left_days = (Date.parse(training.valid_until) - Date.parse(today)) / day_ms;
  return left_days <= soon_days ? "ends_soon" : "current";
}

/** Of one person by subject. */
export function trainingOf(all: readonly OneTraining[], name: string): ReadonlyMap<string, OneTraining> {
  return new Map(all.filter(({ person }) => person === name).map((one) => [one.what, one]));
}

export type AccountState = "disabled" | "locked" | "must_change" | "in_use";

export function accountState({ disabled, locked, must_change }: OnePerson): AccountState {
  if (disabled) return "disabled";
  if (locked) return "locked";
  return must_change ? "must_change" : "in_use";
}

/** Those who were locked out first, those who are disabled last; otherwise by name. */
export function inOrder(people: readonly OnePerson[]): OnePerson[] {
  const rank = (one: OnePerson): number => Number(one.disabled) - Number(one.locked && !one.disabled);
  return [...people].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

export type TokenState = "in_use" | "revoked" | "over";

export function tokenState({ revoked_at, ends_at }: OneToken, now_ms: number): TokenState {
  if (revoked_at !== null) return "revoked";
  return Date.parse(ends_at) <= now_ms ? "over" : "in_use";
}
