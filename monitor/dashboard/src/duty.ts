/** Being on call: questions to the server, and what follows from its answers. */

import { ask, get, send } from "./api";
import type { Alarm } from "./api-types";
import type { Key } from "./i18n";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type DutyNow = Schemas["DutyNow"];
export type OneRotation = Schemas["OneRotation"];
export type OneTurn = Schemas["OneTurn"];
export type Called = Schemas["Called"];
export type Substituted = Schemas["Substituted"];
export type NewSubstitution = Schemas["NewSubstitution"];
export type Notice = Schemas["OneNotice"];
export type Notices = Schemas["Notices"];
export type AlarmTimes = Schemas["AlarmTimes"];

export const duty = (): Promise<DutyNow> => get("/duty");

const day_ms = 86_400_000;
const shown_days = 14;

/** The turns of two weeks from an instant on. */
export const turnsFrom = async (rotation: string, start_ms: number): Promise<OneTurn[]> => {
  const span = { start: new Date(start_ms).toISOString(), end: new Date(start_ms + shown_days * day_ms).toISOString() };
  return (await get<Schemas["Turns"]>(`/duty/turns?${new URLSearchParams({ rotation, ...span })}`)).turns;
};

export const calendarOf = (rotation: string, language: string): string =>
  `/api/v1/duty/${encodeURIComponent(rotation)}.ics?language=${language}`;

export const substitute = async (asked: NewSubstitution): Promise<void> => {
  await send("/duty/substitutions", asked);
};

export const takeBack = async ({ rotation, begins, ends, person }: Substituted, reason: string): Promise<void> => {
  await send("/duty/substitutions/take-back", { rotation, begins, ends, person, reason });
};

export const notices = (asked: Record<string, string>): Promise<Notices> => get(`/notices?${new URLSearchParams(asked)}`);

/** Those of one occurrence. */
export const noticesOf = (alarm: string, raised_at: string): Promise<Notices> => notices({ alarm, raised_at });

export const receive = async (key: string): Promise<void> => {
  await send("/notices/receipt", { key });
};

export const choosePin = async (password: string, pin: string): Promise<void> => {
  await send("/session/pin", { password, pin });
};

export const dropPin = async (): Promise<void> => {
  await ask("/session/pin", { method: "DELETE" });
};

export const timesOf = (alarm: string, raised_at: string): Promise<AlarmTimes> =>
  get(`/alarms/times?${new URLSearchParams({ alarm, raised_at })}`);

export const tellShown = async (drawn: readonly Alarm[]): Promise<void> => {
  await send("/alarms/shown", { shown: drawn.map(({ id, raised_at }) => ({ alarm: id, raised_at })) });
};

// --- What follows. Pure.

/** In a word what became of a notice; `when` is the instant that goes with it, `why` the reason. */
export function stateOf(one: Notice): { key: Key; when: string | null; why: string } {
  if (one.receipt_at) return { key: "notice_read", when: one.receipt_at, why: one.receipt_by };
  const last = one.tries.at(-1);
  switch (one.outcome) {
    case "accepted":
      return { key: "notice_accepted", when: last?.answered_at ?? one.ended_at ?? null, why: "" };
    case "refused":
      return { key: "notice_refused", when: one.ended_at ?? null, why: one.detail };
    case "failed":
      return { key: "notice_failed", when: one.ended_at ?? null, why: one.detail };
    case "not_needed":
      return { key: "notice_not_needed", when: one.ended_at ?? null, why: "" };
    default:
      return { key: "notice_waiting", when: null, why: "" };
  }
}

/** Who was told of an alarm, as the collector says itself: what is known of it while the database is away. */
const liveNotices = ({ id, raised_at, told }: Alarm): Notice[] =>
  told.map((one) => ({
    ...one,
    key: `${id}|${one.at}|${one.step}|${one.person}|${one.way}`,
    kind: "alarm" as const,
    alarms: [[id, raised_at]] as [string, string][],
    because: "",
    tries: [],
    detail: "",
    receipt_at: null,
    receipt_by: "",
  }));

const carried = ({ person, way, step }: Notice): string => `${person} ${way} ${step}`;

/** What is on its way, and before it what the collector itself says became of the others. */
export function withLive(waiting: readonly Notice[], alarm: Alarm): Notice[] {
  const known = liveNotices(alarm);
  const there = new Set(known.map(carried));
  return [...known, ...waiting.filter((one) => !there.has(carried(one)))];
}

/** What somebody may still confirm: told to that person, of an alarm or a test, and not confirmed. */
export const isToConfirm = (one: Notice, name: string): boolean =>
  one.person === name && !one.receipt_at && (one.kind === "alarm" || one.kind === "group" || one.kind === "test");

export interface Step {
  name: Key;
  at: string | null;
  /** Seconds after the sample. */
  after_s: number | null;
}

/** Each time of an occurrence, in the order of the way, with the seconds after the sample. */
export function steps(times: AlarmTimes): Step[] {
  const named: [Key, string | null][] = [
    ["time_sample", times.sample_at],
    ["time_judged", times.judged_at],
    ["time_stored", times.stored_at],
    ["time_shown", times.shown_at ?? null],
    ["time_sent", times.sent_at],
    ["time_accepted", times.accepted_at],
    ["time_acknowledged", times.acknowledged_at],
  ];
  const from_ms = times.sample_at === null ? NaN : Date.parse(times.sample_at);
  return named.map(([name, at]) => {
    const after_s = at === null ? NaN : (Date.parse(at) - from_ms) / 1000;
    return { name, at, after_s: Number.isNaN(after_s) ? null : after_s };
  });
}

export interface Drawing {
  /** Pieces of the line, as SVG takes them; broken where there is no value. */
  lines: string[];
  /** Where a value stands, in the drawing's units. */
  y: (value: number) => number;
  /** Where an instant stands. */
  x: (at_s: number) => number;
}

/** Lays readings out in a box, with room for what must be seen besides, such as a bound. */
export function drawing(at_s: readonly number[], values: readonly (number | null)[], besides: readonly number[], span: [number, number], box: [number, number]): Drawing | null {
  const known = [...values.filter((one): one is number => one !== null), ...besides];
  if (values.every((one) => one === null) || known.length === 0) return null;
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  const [width, height] = box;
  const x = (at: number): number => ((at - span[0]) / (span[1] - span[0])) * width;
  const y = (value: number): number => height - ((value - low + room) / (high - low + 2 * room)) * height;
  const lines: string[] = [];
  let piece: string[] = [];
  const close = (): void => {
    if (piece.length > 0) lines.push(piece.join(" "));
    piece = [];
  };
  at_s.forEach((at, place) => {
    const value = values[place] ?? null;
    if (value === null) close();
    else piece.push(`${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  });
  close();
  return { lines, x, y };
}
