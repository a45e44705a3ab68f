import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Message } from "../src/api-types";
import { silence_limit_ms } from "../src/link";
import { stayLive } from "../src/live";
import { notLive } from "../src/store";

const at = "2026-11-21T06:00:00.000000+00:00";
const sample: Message = {
  type: "sample",
  series: "ISO",
  at,
  received_at: at,
  values: [45],
  quality: null,
  backfilled: false,
  reason: "",
  derived: {},
};
const snapshot: Message = {
  type: "snapshot",
  at,
  plant_sha256: null,
  samples: [],
  alarms: [],
  protections: [],
  occupancy: {},
  batches: [],
  health: null,
};

class Socket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    dialled.push(this);
  }

  close() {}

  says(message: Message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

let dialled: Socket[] = [];
let leave = () => {};

/** Opens a screen that is live; `frame`: how it gets its frames. */
function open(frame: (draw: () => void) => number): Socket {
  vi.stubGlobal("requestAnimationFrame", frame);
  leave = stayLive();
  const [socket] = dialled;
  if (!socket) throw new Error("nobody was dialled");
  socket.onopen?.();
  socket.says(snapshot);
  vi.advanceTimersByTime(1000);
  return socket;
}

const nextFrame = (draw: () => void) => Number(setTimeout(draw, 16));

beforeEach(() => {
  vi.useFakeTimers();
  dialled = [];
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  vi.stubGlobal("location", { protocol: "http:", host: "here" });
  vi.stubGlobal("document", { hidden: false, addEventListener() {}, removeEventListener() {} });
});

afterEach(() => {
  leave();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("silence is reckoned from when the last message came, not from when it was drawn", () => {
  const socket = open(nextFrame);
  expect(notLive.value).toBeNull();
  socket.says(sample);
  vi.advanceTimersByTime(silence_limit_ms);
  expect(notLive.value).toBeNull();
  vi.advanceTimersByTime(1);
  expect(notLive.value).not.toBeNull();
  expect(dialled).toHaveLength(2);
});

test("a page that gets no frames takes no message for silence, and tells silence in time as well", () => {
  const socket = open(() => 1);
  vi.advanceTimersByTime(600);
  socket.says(sample);
  vi.advanceTimersByTime(2000);
  expect(notLive.value).toBeNull();
  vi.advanceTimersByTime(1000);
  expect(notLive.value).not.toBeNull();
});
