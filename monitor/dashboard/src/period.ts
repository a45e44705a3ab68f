/** Times from when to when, as a person gives them: by the plant's clock, wherever the browser stands. Pure. */

import { dateTime } from "./format";

/** Epoch milliseconds. */
export interface Span {
  start_ms: number;
  end_ms: number;
}

const hour_ms = 3_600_000;

export const lastHours = (hours: number, now_ms: number): Span => ({ start_ms: now_ms - hours * hour_ms, end_ms: now_ms });

/** How a person writes a time: `2026-11-21 14:03`, with or without seconds. */
export const writtenTime = "\\d{4}-\\d\\d-\\d\\d[ T]\\d\\d:\\d\\d(:\\d\\d)?";

/** The instant that is written so, by the clock of the plant; undefined where it is none: no 30 February is 2 March. */
export function instantOf(written: string, zone: string): number | undefined {
  const local = written.trim().replace("T", " ");
  const asUtc = Date.parse(`${local.replace(" ", "T")}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const ahead_ms = (at_ms: number): number => Date.parse(`${dateTime(at_ms, zone).replace(" ", "T")}Z`) - at_ms;
  // Once more with what was found: near a change of the clocks the first guess may lie on its other side.
  const guess_ms = asUtc - ahead_ms(asUtc);
  const found_ms = asUtc - ahead_ms(guess_ms);
  return dateTime(found_ms, zone).startsWith(local) ? found_ms : undefined;
}

/** How a person writes a day: `2026-11-21`. */
export const writtenDay = "\\d{4}-\\d\\d-\\d\\d";

/** Whether there is such a day; the 31st of April is none. */
export const isDay = (written: string): boolean => new RegExp(`^${writtenDay}$`).test(written) && instantOf(`${written} 00:00`, "UTC") !== undefined;
