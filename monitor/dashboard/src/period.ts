/** Times from when to when, as a person gives them: by the plant's clock, wherever the browser stands. Pure. */

import { dateTime } from "./format";

/** Epoch milliseconds. */
export interface Span {
  start_ms: number;
  end_ms: number;
}

const hour_ms = 3_600_000;

export const lastHours = (hours: number, now_ms: number): Span => ({ start_ms: now_ms - hours * hour_ms, end_ms: now_ms });

/** A time as a field for date and time takes it, by the clock of the plant: `2026-11-21T14:03:42`. */
export const fieldOf = (at_ms: number, zone: string): string => dateTime(at_ms, zone).replace(" ", "T");

/** The instant that such a field means; undefined where it means none. */
export function instantOf(field: string, zone: string): number | undefined {
  const asUtc = Date.parse(`${field}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const ahead_ms = (at_ms: number): number => Date.parse(`${fieldOf(at_ms, zone)}Z`) - at_ms + (at_ms % 1000);
  // Once more with what was found: near a change of the clocks the first guess may lie on its other side.
  const guess_ms = asUtc - ahead_ms(asUtc);
  return asUtc - ahead_ms(guess_ms);
}
