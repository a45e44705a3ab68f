/** Whether what the screen shows is live, as a pure function of what was heard and when. */

/**
 * Silence longer than this is not live. The collector's health comes about every second; a person must be told
 * within 3 s, and the screen's clock ticks every half second.
 */
export const silence_limit_ms = 2400;
const longest_wait_ms = 5000;
const shortest_wait_ms = 500;

/**
 * `attempts`: connections tried since anything was last heard. `heard_ms`: when anything last arrived.
 * Times are milliseconds on the browser's monotonic clock.
 */
export interface Link {
  socket: "connecting" | "open" | "closed";
  snapshot: boolean;
  collector: boolean;
  heard_ms: number;
  attempts: number;
}

export type LinkEvent =
  | { kind: "connecting" | "opened" | "closed" | "snapshot" | "heard"; at_ms: number }
  | { kind: "collector"; up: boolean; at_ms: number };

/** Why the screen is not live. */
export type Cut = "connecting" | "server" | "silent" | "collector";

export const unlinked: Link = { socket: "closed", snapshot: false, collector: true, heard_ms: 0, attempts: 0 };

export function step(link: Link, event: LinkEvent): Link {
  const heard = { heard_ms: event.at_ms, attempts: 0 };
  switch (event.kind) {
    case "connecting":
      return { ...link, socket: "connecting", snapshot: false, attempts: link.attempts + 1 };
    case "opened":
      return { ...link, socket: "open", heard_ms: event.at_ms };
    case "closed":
      return { ...link, socket: "closed", snapshot: false };
    case "snapshot":
      return { ...link, ...heard, snapshot: true, collector: true };
    case "heard":
      return { ...link, ...heard };
    case "collector":
      return { ...link, ...heard, collector: event.up };
  }
}

/** Null when live. */
export function cut(link: Link, now_ms: number): Cut | null {
  if (link.socket === "closed" || (link.socket === "connecting" && link.heard_ms > 0)) return "server";
  if (!link.collector) return "collector";
  if (!link.snapshot) return "connecting";
  return now_ms - link.heard_ms > silence_limit_ms ? "silent" : null;
}

/**
 * Whether to give this connection up and make another. A server that lost its collector has little to say, so it
 * is left in peace for longer.
 */
export function worthRedialling(link: Link, now_ms: number): boolean {
  const patience_ms = link.collector ? silence_limit_ms : 4 * silence_limit_ms;
  return link.socket === "open" && now_ms - link.heard_ms > patience_ms;
}

/** How long to wait before the next attempt: doubling, at most 5 s. */
export function wait_ms(attempts: number): number {
  return Math.min(longest_wait_ms, shortest_wait_ms * 2 ** Math.max(0, attempts - 1));
}
