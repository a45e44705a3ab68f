/**
 * Questions to the server over HTTP. Every answer that is not a good one becomes a Refusal, and one that says that
 * nobody is signed in leads to the sign-in page.
 */

import type {
  Alarm,
  AlarmHistory,
  AlarmLoad,
  Credentials,
  Guidance,
  InstrumentEntry,
  InstrumentList,
  NewEntry,
  Occupancy,
  Person,
  Plant,
  Readings,
  SigningShort,
  Transition,
} from "./api-types";
import { language } from "./i18n";
import type { Span } from "./period";
import { person } from "./store";

const base = "/api/v1";
const session = "/session";
const patience_ms = 8000;

/** The server said no (`status` is its HTTP status), or could not be reached (`status` is 0). */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** What stands beside the sentence. */
    readonly body: unknown = null,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

export async function ask(path: string, init: RequestInit = {}, within_ms = patience_ms): Promise<Response> {
  const headers = { ...init.headers, "accept-language": language.value };
  const signal = AbortSignal.timeout(within_ms);
  const asked = fetch(base + path, { ...init, headers, signal }).then(whole);
  const answer = await asked.catch((error: unknown) => {
    throw new Refusal(0, String(error));
  });
  if (answer.status === 401) await signedOut(path);
  if (!answer.ok) throw await refusalIn(answer);
  return answer;
}

const no_content = 204;

/** An answer of which the end does not come in time is none either. */
const whole = async (answer: Response): Promise<Response> =>
  new Response(answer.status === no_content ? null : await answer.arrayBuffer(), answer);

/** Any other path may have meant a second person's password, who signs without a session. */
async function signedOut(path: string): Promise<void> {
  if (path === session) person.value = null;
  else await whoAmI().catch(() => undefined);
}

async function refusalIn(answer: Response): Promise<Refusal> {
  const body: unknown = await answer.json().catch(() => null);
  const told = typeof body === "object" && body !== null && "detail" in body && typeof body.detail === "string";
  return new Refusal(answer.status, told ? String(body.detail) : answer.statusText, body);
}

export async function get<T>(path: string, within_ms?: number): Promise<T> {
  return (await (await ask(path, {}, within_ms)).json()) as T;
}

export function send(path: string, body: unknown, within_ms?: number): Promise<Response> {
  return ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }, within_ms);
}

export const whoAmI = (): Promise<Person> => get(session);

export const signIn = async (name: string, password: string, code: string): Promise<void> => {
  await send(session, { name, password, code });
};

/** What the site's own sign-in is called; null: there is none. */
export const otherSignIn = async (): Promise<string | null> => (await get<{ name: string | null }>(`${session}/oidc`)).name;

/** Begins to sign in there; gives where the browser is to go. */
export const beginOtherSignIn = async (): Promise<string> =>
  ((await (await send(`${session}/oidc`, {})).json()) as { address: string }).address;

export const signOut = async (): Promise<void> => {
  await ask(session, { method: "DELETE" });
};

export const plant = (): Promise<Plant> => get("/plant");

/** A channel from `start_s` to `end_s` (epoch seconds) in at most `points` buckets. */
export const readings = (channel: string, start_s: number, end_s: number, points: number): Promise<Readings> => {
  const query = new URLSearchParams({
    channel,
    start: new Date(start_s * 1000).toISOString(),
    end: new Date(end_s * 1000).toISOString(),
    points: String(points),
  });
  return get(`/readings?${query}`);
};

/** Several channels in a time, in at most so many buckets each. */
export const readingsOf = (channels: readonly string[], span: Span, points: number): Promise<Readings> => {
  const asked = [...spanOf(span), ...channels.map((one) => ["channel", one]), ["points", String(points)]];
  return get(`/readings?${new URLSearchParams(asked)}`);
};

/** What an alarm means and what is to be done about it. */
export const guidance = (alarm: string): Promise<Guidance> => get(`/alarms/guidance?${new URLSearchParams({ alarm })}`);

/** What the book says of an alarm, or of its occurrence that was raised then, the latest first. */
export const transitions = async (alarm: string, raised_at?: string): Promise<Transition[]> => {
  const asked = new URLSearchParams(raised_at === undefined ? { alarm } : { alarm, raised_at });
  return (await get<{ transitions: Transition[] }>(`/alarms/transitions?${asked}`)).transitions;
};

const spanOf = ({ start_ms, end_ms }: Span): [string, string][] => [
  ["start", new Date(start_ms).toISOString()],
  ["end", new Date(end_ms).toISOString()],
];

/** Which alarms of the past are looked for; `after`: behind this page. */
export interface Sought {
  text?: string;
  zone?: string;
  level?: string;
  channels?: readonly string[];
  after?: string | null;
}

/** The alarms raised in a time, the latest first, so many at most. */
export const history = (span: Span, { text, zone, level, channels = [], after }: Sought, limit: number): Promise<AlarmHistory> => {
  const given = Object.entries({ text, zone, level, after }).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const asked = [...spanOf(span), ...given, ...channels.map((one) => ["channel", one]), ["limit", String(limit)]];
  return get(`/alarms/history?${new URLSearchParams(asked)}`);
};

/** Where the alarms of a time are as a file, each with how soon it came how far. */
export const alarmFile = (span: Span, language: string): string =>
  `${base}/exports/alarms.csv?${new URLSearchParams([...spanOf(span), ["language", language]])}`;

/** What people did about the alarms of some channels in a time. */
export const deedsOn = async (span: Span, channels: readonly string[]): Promise<Transition[]> => {
  const asked = [...spanOf(span), ...channels.map((one) => ["channel", one])];
  return (await get<{ transitions: Transition[] }>(`/alarms/deeds?${new URLSearchParams(asked)}`)).transitions;
};

export const alarmLoad = (span: Span): Promise<AlarmLoad> => get(`/alarms/load?${new URLSearchParams(spanOf(span))}`);

/** Does something to an alarm; gives the alarm as it then stands. */
async function toAlarm(deed: string, body: object): Promise<Alarm> {
  const answer = await send(`/alarms/${deed}`, body);
  return ((await answer.json()) as { alarm: Alarm }).alarm;
}

const occurrence = ({ id, raised_at }: Alarm) => ({ alarm: id, raised_at });

/** Acknowledges this one occurrence. */
export const acknowledge = (alarm: Alarm, comment: string, signature: SigningShort | null): Promise<Alarm> =>
  toAlarm("acknowledge", { ...occurrence(alarm), comment, signature });

/** Lets this one latched occurrence go. */
export const reset = (alarm: Alarm): Promise<Alarm> => toAlarm("reset", occurrence(alarm));

/** Hides an alarm until then (epoch milliseconds). */
export const shelve = (alarm: Alarm, until_ms: number, reason: string, second: Credentials | null): Promise<Alarm> =>
  toAlarm("shelve", { alarm: alarm.id, until: new Date(until_ms).toISOString(), reason, second });

/** Takes an alarm out of service, for the work that is named. */
export const takeOut = (alarm: Alarm, reason: string, work_order: string, second: Credentials | null): Promise<Alarm> =>
  toAlarm("out-of-service", { alarm: alarm.id, reason, work_order, second });

export const giveBack = (alarm: Alarm): Promise<Alarm> => toAlarm("in-service", { alarm: alarm.id });

/** Says what goes on in a zone; gives what then holds. */
export const occupy = async (zone: string, occupancy: Occupancy, reason: string): Promise<Occupancy> =>
  ((await (await send("/zones/occupancy", { zone, occupancy, reason })).json()) as { occupancy: Occupancy }).occupancy;

export const unshelve = (alarm: Alarm): Promise<Alarm> => toAlarm("unshelve", { alarm: alarm.id });

/** Does something to a protective action; the live feed tells how it then stands. */
async function toProtection(deed: string, body: object): Promise<void> {
  await send(`/protections/${deed}`, body);
}

export const confirm = (protection: string): Promise<void> => toProtection("confirm", { protection });

export interface Signature {
  role: string;
  person: Credentials;
}

/** Ends a protective action: who is signed in signs in `role`, each other in a role of theirs. */
export const end = (protection: string, role: string, others: readonly Signature[], comment: string): Promise<void> =>
  toProtection("reset", { protection, role, others, comment });

/** Switches a protective action off until then (epoch milliseconds). */
export const inhibit = (protection: string, until_ms: number, reason: string, second: Credentials): Promise<void> =>
  toProtection("inhibit", { protection, until: new Date(until_ms).toISOString(), reason, second });

export const rearm = (protection: string): Promise<void> => toProtection("rearm", { protection });

/** Every instrument, as it stands today. */
export const instruments = (): Promise<InstrumentList> => get("/instruments");

/** Everything that was ever said of an instrument, the last first. */
export const instrumentHistory = async (instrument: string): Promise<InstrumentEntry[]> =>
  (await get<{ entries: InstrumentEntry[] }>(`/instruments/history?${new URLSearchParams({ instrument })}`)).entries;

/** Says something new of an instrument, for another person to confirm. */
export const noteInstrument = async (entry: NewEntry): Promise<void> => {
  await send("/instruments/entries", entry);
};

export const confirmInstrument = async (number: number, comment: string): Promise<void> => {
  await send("/instruments/confirm", { number, comment });
};

/** Address of the live feed. */
export const liveAddress = (): string => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${base}/live`;
};
