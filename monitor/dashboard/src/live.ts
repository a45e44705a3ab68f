/** Keeps the live feed: dials, hears, notices silence, dials again. What it hears goes to the store. */

import { Refusal, liveAddress, plant, whoAmI } from "./api";
import type { Message } from "./api-types";
import { cut, silence_limit_ms, wait_ms, worthRedialling } from "./link";
import { indexOf } from "./plant";
import { collectorPlant, index, link, linkEvent, now_ms, receive, usePlant } from "./store";

/** More messages than this wait for no others. A plant of a hundred devices sends about a hundred a second. */
const longest_queue = 1000;
const tick_ms = 500;
/** Values wait so long for one another, so that a plant of a hundred devices is drawn a few times a second. */
const gather_ms = 200;
/** All else waits for the next frame only: in a flood of alarms each of them must not be drawn by itself. */
const at_once_ms = 0;
/** A page that nobody sees has no frames; what it hears it takes in all the same. */
const longest_wait_ms = 1000;

let socket: WebSocket | null = null;
let redial: number | undefined;
let queue: Message[] = [];
/** When the last of them came. Silence is reckoned from here: however late the screen is drawn, it says so in time. */
let heard_ms = 0;
let drawing: number | undefined;
let frame: number | undefined;
let due_ms = Infinity;
/** Notices silence when it is due, not at the next tick. */
let silence: number | undefined;

/** Starts everything that keeps the screen live; gives back what stops it. */
export function stayLive(): () => void {
  const ticking = setInterval(tick, tick_ms);
  document.addEventListener("visibilitychange", turn);
  dial();
  return () => {
    clearInterval(ticking);
    clearTimeout(redial);
    clearTimeout(silence);
    document.removeEventListener("visibilitychange", turn);
    hangUp();
  };
}

/** A page that is hidden or shown again no longer gets punctual timers as it was promised. */
function turn(): void {
  flush();
  tick();
}

function tick(): void {
  const at_ms = performance.now();
  // What waits to be drawn was heard: it must not pass for silence.
  if (at_ms > due_ms + longest_wait_ms || cut(link.value, at_ms) !== null) flush();
  now_ms.value = at_ms;
  if (worthRedialling(link.value, at_ms)) dial();
}

function dial(): void {
  hangUp();
  clearTimeout(redial);
  linkEvent({ kind: "connecting", at_ms: performance.now() });
  const own = new WebSocket(liveAddress());
  socket = own;
  own.onopen = () => linkEvent({ kind: "opened", at_ms: performance.now() });
  own.onmessage = (event: MessageEvent<string>) => hear(JSON.parse(event.data) as Message);
  own.onclose = () => void closed();
}

function hangUp(): void {
  if (!socket) return;
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close();
  socket = null;
}

async function closed(): Promise<void> {
  socket = null;
  linkEvent({ kind: "closed", at_ms: performance.now() });
  redial = setTimeout(dial, wait_ms(link.value.attempts));
  // A browser does not say why a WebSocket was refused; the session does.
  await whoAmI().catch(unreachable);
}

function hear(message: Message): void {
  queue.push(message);
  heard_ms = performance.now();
  if (queue.length >= longest_queue) flush();
  else drawWithin(isOnlyValue(message) ? gather_ms : at_once_ms);
}

const isOnlyValue = (message: Message): boolean =>
  message.type === "sample" || (message.type === "alarm" && message.reason === null);

function drawWithin(patience_ms: number): void {
  const wanted_ms = performance.now() + patience_ms;
  if (wanted_ms >= due_ms) return;
  clearTimeout(drawing);
  due_ms = wanted_ms;
  drawing = setTimeout(drawNext, patience_ms);
}

/** All that was heard until then is drawn in one frame. */
function drawNext(): void {
  if (document.hidden) flush();
  else frame ??= requestAnimationFrame(flush);
}

function flush(): void {
  clearTimeout(drawing);
  if (frame !== undefined) cancelAnimationFrame(frame);
  frame = undefined;
  due_ms = Infinity;
  const heard = queue;
  queue = [];
  if (heard.length === 0) return;
  receive(heard, heard_ms);
  clearTimeout(silence);
  silence = setTimeout(tick, heard_ms + silence_limit_ms + 1 - performance.now());
  const changed = (collectorPlant.peek() ?? index.peek()?.plant.sha256) !== index.peek()?.plant.sha256;
  if (changed && heard.some((message) => message.type === "snapshot")) loadPlant().catch(unreachable);
}

/** Asks for the plant and takes it in use. Raises Refusal. */
export async function loadPlant(): Promise<void> {
  usePlant(indexOf(await plant()));
}

/** A refusal needs no answer here: the next attempt, or the sign-in page, is already on its way. */
function unreachable(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
}
