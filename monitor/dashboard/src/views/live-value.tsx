/** One live value wherever it stands: renewed by itself, and told apart where it must not be relied on. */

import type { ReadonlySignal } from "@preact/signals";
import { foremost, rank } from "../alarms";
import { unitOf, value } from "../format";
import { said } from "../i18n";
import { looks } from "../look";
import type { Source } from "../plant";
import { isUsable } from "../rows";
import { alarmsByChannel, hiddenByChannel, readingOf } from "../store";
import { useLive } from "../use-live";

/** A value that may be relied on now, or null. */
export function usableNow(source: Source): number | null {
  const now = readingOf(source).value;
  return isUsable(now.standing) ? now.value : null;
}

/** How a channel is to look: the level of an active alarm, whether one is hidden, and whether it can be relied on. */
export function classOf(source: Source): string {
  const { id } = source.channel;
  const worst = foremost(alarmsByChannel.value.get(id) ?? []);
  const hidden = hiddenByChannel.value.has(id) ? "suppressed" : "";
  return [worst?.active ? worst.level : "", hidden, looks(readingOf(source).value)].filter((word) => word !== "").join(" ");
}

export const shownOf = (source: Source): string => value(source.channel, readingOf(source).value.value, said);

interface LiveSource {
  shown: ReadonlySignal<string>;
  unit: ReadonlySignal<string>;
  look: ReadonlySignal<string>;
  sign: ReadonlySignal<string>;
}

export function useSource(source: Source): LiveSource {
  const shown = useLive(() => shownOf(source), [source]);
  const unit = useLive(() => unitOf(source.channel, readingOf(source).value.value), [source]);
  const look = useLive(() => `live ${classOf(source)}`, [source]);
  const sign = useLive(() => signOf(source), [source]);
  return { shown, unit, look, sign };
}

/** A value with its unit, for a page of text; `name`: its label before it. */
export function LiveValue({ source, name = false }: { source: Source; name?: boolean }) {
  const { shown, unit, look, sign } = useSource(source);
  return (
    <span class={look} title={said(source.channel.label)} data-testid={`live-${source.channel.id}`}>
      {name && <span class="name">{said(source.channel.label)} </span>}
      <span class="sign">{sign}</span>
      <b class="figure">{shown}</b> <small>{unit}</small>
    </span>
  );
}

interface ValueTextProps {
  source: Source;
  x: number;
  y: number;
  size?: "big" | "middle" | "small";
  anchor?: "start" | "middle" | "end";
  /** Without its unit, which stands elsewhere. */
  bare?: boolean;
}

/** The same in a drawing; behind it stands what tells that it cannot be relied on. */
export function ValueText({ source, x, y, size = "middle", anchor = "start", bare = false }: ValueTextProps) {
  const { shown, unit, look, sign } = useSource(source);
  const ground = useLive(() => groundOf(looks(readingOf(source).value)), [source]);
  const width = size === "big" ? 110 : bare ? 34 : 76;
  const height = size === "big" ? 32 : 17;
  const left = anchor === "start" ? x - 3 : anchor === "middle" ? x - width / 2 : x - width + 3;
  return (
    <g class={look} data-testid={`live-${source.channel.id}`}>
      <title>{said(source.channel.label)}</title>
      <rect x={left} y={y - height + 4} width={width} height={height} rx="2" fill={ground} />
      <text class={`value ${size}`} x={x} y={y} text-anchor={anchor}>
        <tspan class="sign">{sign}</tspan>
        {shown} {!bare && <tspan class="unit">{unit}</tspan>}
      </text>
    </g>
  );
}

/** The shape of the level, beside its colour; "" where nothing is wrong. */
function signOf({ channel }: Source): string {
  const worst = foremost(alarmsByChannel.value.get(channel.id) ?? []);
  return worst?.active ? `${"■▲◆"[rank(worst.level) - 1]} ` : "";
}

const groundOf = (look: string): string => (look === "" ? "none" : `url(#${look.split(" ").at(-1)})`);

/** The grounds of what cannot be relied on; once on a page. */
export function Grounds() {
  return (
    <svg class="grounds" aria-hidden="true">
      <pattern id="stale" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="3" height="7" />
      </pattern>
      <pattern id="bad" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path d="M0 0h7M0 0v7" />
      </pattern>
      <pattern id="simulated" width="6" height="6" patternUnits="userSpaceOnUse">
        <circle cx="3" cy="3" r="1.4" />
      </pattern>
    </svg>
  );
}
