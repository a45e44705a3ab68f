/**
 * Questions to the server over HTTP. Every answer that is not a good one becomes a Refusal, and one that says that
 * nobody is signed in leads to the sign-in page.
 */

import type { Alarm, Person, Plant, Readings } from "./api-types";
import { language } from "./i18n";
import { person } from "./store";

const base = "/api/v1";
const patience_ms = 8000;

/** The server said no (`status` is its HTTP status), or could not be reached (`status` is 0). */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...init.headers, "accept-language": language.value };
  const signal = AbortSignal.timeout(patience_ms);
  const answer = await fetch(base + path, { ...init, headers, signal }).catch((error: unknown) => {
    throw new Refusal(0, String(error));
  });
  if (answer.status === 401) person.value = null;
  if (!answer.ok) throw new Refusal(answer.status, await detailOf(answer));
  return answer;
}

async function detailOf(answer: Response): Promise<string> {
  const body: unknown = await answer.json().catch(() => null);
  if (typeof body === "object" && body !== null && "detail" in body && typeof body.detail === "string") {
    return body.detail;
  }
  return answer.statusText;
}

async function get<T>(path: string): Promise<T> {
  return (await (await ask(path)).json()) as T;
}

function send(path: string, body: unknown): Promise<Response> {
  return ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

export const whoAmI = (): Promise<Person> => get("/session");

export const signIn = async (name: string, password: string): Promise<void> => {
  await send("/session", { name, password });
};

export const signOut = async (): Promise<void> => {
  await ask("/session", { method: "DELETE" });
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

/** Acknowledges this one occurrence; gives the alarm as it then stands. */
export const acknowledge = async (alarm: Alarm, comment: string): Promise<Alarm> => {
  const answer = await send("/alarms/acknowledge", { alarm: alarm.id, raised_at: alarm.raised_at, comment });
  return ((await answer.json()) as { alarm: Alarm }).alarm;
};

/** Address of the live feed. */
export const liveAddress = (): string => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${base}/live`;
};
