/** Sounds what is to be heard, by the browser's own means: no file is loaded. */

import { effect, signal } from "@preact/signals";
import { priorities } from "./alarms";
import type { Priority } from "./api-types";
import { deafness, heard, patterns, samplesOf, silencing, stillSilenced, type Deaf } from "./sound";
import { alarms, now_ms } from "./store";

/** Why nothing can be heard at this station; null: it can. */
export const deaf = signal<Deaf | null>("unasked");
/** The calls that were silenced at this station. Nobody else is told, and nothing is acknowledged by it. */
const silenced = signal<ReadonlySet<string>>(new Set());
/** What is to be heard now, whether or not it can be. */
export const sounding = signal<Priority | null>(null);
/** Whether something would be heard, had it not been silenced here. */
export const isSilenced = signal(false);

const look_ms = 1000;

let context: AudioContext | null = null;
let source: AudioBufferSourceNode | null = null;
let playing: Priority | null = null;
let looked_s: number | null = null;
let looked_ms = 0;

export const silence = (): void => {
  silenced.value = silencing(alarms.value.values());
};

/** Lets the browser sound; it may refuse until a person has pressed something. */
export function wake(): void {
  if (typeof AudioContext === "undefined") {
    deaf.value = "missing";
    return;
  }
  if (!context) {
    context = new AudioContext();
    context.onstatechange = look;
  }
  if (context.state !== "running") void context.resume().then(look, look);
  look();
}

/** One round of the most urgent pattern, for a person who wants to hear whether it can be heard. */
export function test(): void {
  wake();
  const once = made("critical");
  once?.start();
}

/** Sounds until it is stopped; gives back what stops it. */
export function sound(): () => void {
  wake();
  document.addEventListener("pointerdown", wake);
  document.addEventListener("keydown", wake);
  const stops = [
    effect(() => {
      const all = [...alarms.value.values()];
      const still = stillSilenced(all, silenced.value);
      if (still.size < silenced.value.size) silenced.value = still;
      sounding.value = heard(all, still);
      isSilenced.value = sounding.value === null && still.size > 0;
    }),
    effect(() => play(deaf.value === null || deaf.value === "stalled" ? sounding.value : null)),
    effect(() => {
      if (now_ms.value - looked_ms >= look_ms) look();
    }),
  ];
  return () => {
    document.removeEventListener("pointerdown", wake);
    document.removeEventListener("keydown", wake);
    for (const stop of stops) stop();
    play(null);
  };
}

function look(): void {
  const now_s = context?.currentTime ?? 0;
  const since_ms = performance.now() - looked_ms;
  // Two looks in one moment say nothing of whether time passes: what stood still is not believed to go on by that.
  const before_s = since_ms >= look_ms / 2 ? looked_s : null;
  if (before_s === null && deaf.value === "stalled" && context?.state === "running") return;
  deaf.value = deafness(context?.state ?? null, before_s, now_s);
  if (before_s !== null || looked_s === null) [looked_s, looked_ms] = [now_s, performance.now()];
}

/** It repeats by itself: what the page is busy with, or a page that is hidden, leaves no gap in it. */
function play(priority: Priority | null): void {
  if (priority === playing) return;
  source?.stop();
  source?.disconnect();
  playing = priority;
  source = priority === null ? null : made(priority);
  if (!source) return;
  source.loop = true;
  source.start();
}

const buffers = new Map<Priority, AudioBuffer>();

function made(priority: Priority): AudioBufferSourceNode | null {
  if (!context) return null;
  for (const one of priorities) {
    if (buffers.has(one)) continue;
    const samples = samplesOf(patterns[one], context.sampleRate);
    const buffer = context.createBuffer(1, samples.length, context.sampleRate);
    buffer.copyToChannel(samples, 0);
    buffers.set(one, buffer);
  }
  const node = context.createBufferSource();
  node.buffer = buffers.get(priority) ?? null;
  node.connect(context.destination);
  return node;
}
