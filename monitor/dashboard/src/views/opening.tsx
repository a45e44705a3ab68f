/** A door or a port as it stands: closed across its wall, locked with a bolt, open away from it. */

import { foremost } from "../alarms";
import { said, t } from "../i18n";
import type { Source } from "../plant";
import { openingState, type Opening, type OpeningState } from "../scheme";
import { alarmsByChannel } from "../store";
import { useLive } from "../use-live";
import { usableNow } from "./live-value";

/** Half the length of the door in its wall. */
const half = 10;

const shapes: Record<OpeningState, string> = {
  closed: `M0 ${-half}V${half}`,
  locked: `M0 ${-half}V${half}M-5 -4h10v8h-10z`,
  open: `M0 ${-half}l14 8M0 ${half}l14 -8`,
  moving: `M0 ${-half}V${half}`,
  fault: `M0 ${-half}V${half}M-6 -6l12 12M6 -6l-12 12`,
  unknown: `M0 ${-half}v5M0 -3v6M0 ${half}v-5`,
};

const parts = ({ door, lock, fault }: Opening): Source[] => [door, lock, fault].filter((source) => source !== undefined);

/** The worst level among its channels, of what is active. */
const levelOf = (opening: Opening): string => {
  const worst = foremost(parts(opening).flatMap(({ channel }) => alarmsByChannel.value.get(channel.id) ?? []));
  return worst?.active ? worst.level : "";
};

export const stateOf = (opening: Opening): OpeningState => openingState(opening, usableNow);

/** The symbol, on a wall that runs downwards through (x, y); `flat`: through one that runs across. */
export function Door({ opening, x, y, flat = false }: { opening: Opening; x: number; y: number; flat?: boolean }) {
  const shape = useLive(() => shapes[stateOf(opening)], [opening]);
  const look = useLive(() => `door ${stateOf(opening)} ${levelOf(opening)}`, [opening]);
  return (
    <g class={look} transform={`translate(${x} ${y})${flat ? " rotate(90)" : ""}`} data-testid={`door-${opening.door.channel.id}`}>
      <path class="gap" d={`M0 ${-half}V${half}`} />
      <path d={shape} />
    </g>
  );
}

/** Its name, and how it stands in a word. */
export function DoorText({ opening, x, y, anchor = "start" }: { opening: Opening; x: number; y: number; anchor?: "start" | "end" }) {
  const word = useLive(() => t(`state_door_${stateOf(opening)}`), [opening]);
  const look = useLive(() => `door-text ${levelOf(opening)}`, [opening]);
  return (
    <text class={look} x={x} y={y} text-anchor={anchor}>
      <tspan class="label">{said(opening.door.channel.label)}</tspan>
      <tspan class="state" x={x} dy="13">
        {word}
      </tspan>
    </text>
  );
}

/** Many doors, side by side: what a building has. */
export function DoorBoard({ openings }: { openings: readonly Opening[] }) {
  return (
    <ul class="door-board">
      {openings.map((opening) => (
        <DoorItem key={opening.key} opening={opening} />
      ))}
    </ul>
  );
}

function DoorItem({ opening }: { opening: Opening }) {
  const word = useLive(() => t(`state_door_${stateOf(opening)}`), [opening]);
  return (
    <li title={said(opening.door.channel.label)}>
      <svg class="scheme" viewBox="-12 -13 30 26" aria-hidden="true">
        <path class="wall" d="M0 -13V13" />
        <Door opening={opening} x={0} y={0} />
      </svg>
      <span class="number">{/\d+/.exec(opening.key)?.[0] ?? opening.key}</span> <span class="quiet">{word}</span>
    </li>
  );
}
