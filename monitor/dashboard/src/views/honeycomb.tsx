/** A honeycomb incubator at full size: each chamber with its temperature, its CO2 and what goes on in it. */

import { foremost, rank } from "../alarms";
import { said, t } from "../i18n";
import type { Chamber, Source } from "../plant";
import { alarmsByChannel } from "../store";
import { useLive } from "../use-live";
import { ValueText, shownOf, classOf } from "./live-value";

const radius = 58;
const wide = radius * Math.sqrt(3);
const rise = radius * 1.5;

const hexagon = Array.from({ length: 6 }, (_, corner) => {
  const angle = (Math.PI / 3) * corner + Math.PI / 6;
  return `${((radius - 2) * Math.cos(angle)).toFixed(1)},${((radius - 2) * Math.sin(angle)).toFixed(1)}`;
}).join(" ");

const kind = (source: Source): string => source.channel.key.replace(/^ch\d+_/, "");

export function Honeycomb({ chambers }: { chambers: readonly Chamber[] }) {
  const columns = Math.ceil(chambers.length / 2);
  const box = `0 0 ${((columns + 0.5) * wide).toFixed(0)} ${2 * radius + rise}`;
  return (
    <svg class="scheme honeycomb" viewBox={box} role="img" aria-label={t("chambers", { n: chambers.length })}>
      {chambers.map((chamber, i) => {
        const second = Math.floor(i / columns);
        const x = ((i % columns) + 0.5 + second / 2) * wide;
        return <Cell key={chamber.number} chamber={chamber} x={x} y={radius + second * rise} />;
      })}
    </svg>
  );
}

function Cell({ chamber, x, y }: { chamber: Chamber; x: number; y: number }) {
  const level = useLive(() => levelOf(chamber), [chamber]).value;
  const [first, second] = chamber.sources.filter(({ channel, limits }) => channel.kind === "analog" && limits.length > 0 && !/limiter/.test(channel.key));
  const co2 = chamber.sources.find((source) => kind(source) === "co2") ?? second;
  const state = chamber.sources.find((source) => kind(source) === "state");
  return (
    <g class={`hive ${level}`} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`} data-testid={`chamber-${chamber.number}`}>
      <polygon points={hexagon} />
      <text class="number" y={-34} text-anchor="middle">
        {level === "" ? chamber.number : `${"■▲◆"[rank(level) - 1]} ${chamber.number}`}
      </text>
      {first && <ValueText source={first} x={0} y={-8} anchor="middle" size="middle" />}
      {co2 && <ValueText source={co2} x={0} y={12} anchor="middle" size="small" />}
      {state && <StateText source={state} />}
    </g>
  );
}

function StateText({ source }: { source: Source }) {
  const shown = useLive(() => shownOf(source), [source]);
  const look = useLive(() => `state ${classOf(source)}`, [source]);
  return (
    <text class={look} y={31} text-anchor="middle">
      <title>{said(source.channel.label)}</title>
      {shown}
    </text>
  );
}

function levelOf({ sources }: Chamber) {
  const worst = foremost(sources.flatMap(({ channel }) => alarmsByChannel.value.get(channel.id) ?? []));
  return worst?.active ? worst.level : "";
}
