/** Which alarm is to be heard, and what it sounds like. Pure. */

import { isHidden, priorities } from "./alarms";
import type { Alarm, Priority } from "./api-types";

interface Beep {
  from_s: number;
  for_s: number;
  hertz: number;
}

/** What is heard again every `every_s`. */
export interface Pattern {
  every_s: number;
  loudness: number;
  beeps: readonly Beep[];
}

const row = (count: number, step_s: number, for_s: number, hertz: number): Beep[] =>
  Array.from({ length: count }, (_, n) => ({ from_s: n * step_s, for_s, hertz }));

/**
 * The more urgent, the more beeps, the higher and the sooner again; each is told from the others by its count alone,
 * by who hears no pitch (demo proposal).
 */
export const patterns: Record<Priority, Pattern> = {
  critical: { every_s: 1.5, loudness: 0.6, beeps: row(5, 0.18, 0.12, 988) },
  high: { every_s: 3, loudness: 0.45, beeps: row(3, 0.26, 0.18, 740) },
  medium: { every_s: 6, loudness: 0.35, beeps: row(2, 0.4, 0.28, 554) },
  low: { every_s: 15, loudness: 0.25, beeps: row(1, 0, 0.5, 392) },
};

/** A beep swells and fades so long: a sudden edge would crack. */
const edge_s = 0.012;

/** One round of a pattern as sound, at so many samples a second. */
export function samplesOf({ every_s, loudness, beeps }: Pattern, rate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.round(every_s * rate));
  for (const { from_s, for_s, hertz } of beeps) {
    const [first, count] = [Math.round(from_s * rate), Math.round(for_s * rate)];
    for (let i = 0; i < count; i++) {
      const edge = Math.min(1, i / (edge_s * rate), (count - i) / (edge_s * rate));
      samples[first + i] = loudness * edge * Math.sin((2 * Math.PI * hertz * i) / rate);
    }
  }
  return samples;
}

/** One call of an alarm. The next time that it is raised is another call. */
export const callOf = ({ id, raised_at, times }: Alarm): string => `${id} ${raised_at} ${times}`;

/** What nobody has acknowledged calls, unless it is hidden. */
const calls = (alarm: Alarm): boolean => !alarm.acknowledged && !isHidden(alarm);

/** The priority that is to be heard: of what calls and was not silenced here, the most urgent. Null: nothing is. */
export function heard(alarms: Iterable<Alarm>, silenced: ReadonlySet<string>): Priority | null {
  const urgent = [...alarms].filter((alarm) => calls(alarm) && !silenced.has(callOf(alarm))).map(({ priority }) => priority);
  return priorities.find((priority) => urgent.includes(priority)) ?? null;
}

/** The calls that are silenced once a person has asked for it: all of now, and none to come. */
export const silencing = (alarms: Iterable<Alarm>): ReadonlySet<string> => new Set([...alarms].filter(calls).map(callOf));

/** Of what was silenced, what calls still: what is acknowledged, or hidden, and then calls again is heard again. */
export const stillSilenced = (alarms: Iterable<Alarm>, silenced: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...silencing(alarms)].filter((call) => silenced.has(call)));

/** Why nothing can be heard here; null: it can. `unasked`: not tried yet. */
export type Deaf = "unasked" | "blocked" | "missing" | "stalled";

/**
 * How the browser's sound stands. It counts as stalled where it says that it runs, but its own time (seconds) stands
 * still between two looks.
 */
export function deafness(state: string | null, before_s: number | null, now_s: number): Deaf | null {
  if (state === null) return "missing";
  if (state !== "running") return "blocked";
  return before_s !== null && now_s <= before_s ? "stalled" : null;
}
