/** A honeycomb incubator as its comb: one cell for each chamber, in two rows that interlock. */

import type { Alarm } from "../api-types";
import { foremost, rank } from "../alarms";
import { t } from "../i18n";
import type { Chamber } from "../plant";
import { isUsable } from "../rows";
import { alarmsByChannel, readingOf } from "../store";
import { useLive } from "../use-live";

const radius = 10;
const width = radius * Math.sqrt(3);
const rise = radius * 1.5;

const hexagon = Array.from({ length: 6 }, (_, corner) => {
  const angle = (Math.PI / 3) * corner + Math.PI / 6;
  return `${((radius - 0.9) * Math.cos(angle)).toFixed(2)},${((radius - 0.9) * Math.sin(angle)).toFixed(2)}`;
}).join(" ");

export function Comb({ chambers }: { chambers: readonly Chamber[] }) {
  const columns = Math.ceil(chambers.length / 2);
  const rows = chambers.length > columns ? 2 : 1;
  const box = `0 0 ${(columns + (rows - 1) / 2) * width} ${2 * radius + (rows - 1) * rise}`;
  return (
    <svg class="comb" viewBox={box} role="img" aria-label={t("chambers", { n: chambers.length })}>
      {chambers.map((chamber, i) => {
        const row = Math.floor(i / columns);
        const x = ((i % columns) + 0.5 + row / 2) * width;
        return <Cell key={chamber.number} chamber={chamber} x={x} y={radius + row * rise} />;
      })}
    </svg>
  );
}

function Cell({ chamber, x, y }: { chamber: Chamber; x: number; y: number }) {
  const worst = useLive(() => worstOf(chamber), [chamber]).value;
  const standing = `${worst?.level ?? ""}${worst?.active === false ? " over" : ""}`;
  const blind = useLive(() => !chamber.sources.some((source) => isUsable(readingOf(source).value.standing)), [chamber]);
  return (
    <g class={`cell ${standing}${blind.value ? " blind" : ""}`} transform={`translate(${x.toFixed(2)} ${y.toFixed(2)})`}>
      <polygon points={hexagon} />
      {blind.value && <path d="M-5 3 3-5M-3.5 5.5 5.5-3.5" />}
      <text class={worst ? "" : "number"} y={worst ? 6.2 : 3.2} text-anchor="middle">
        {chamber.number}
      </text>
      {worst && (
        <text class="rank" y="-1.4" text-anchor="middle">
          {"■▲◆"[rank(worst.level) - 1]}
        </text>
      )}
    </g>
  );
}

/** The alarm that speaks for the chamber's channels. */
const worstOf = ({ sources }: Chamber): Alarm | undefined =>
  foremost(sources.flatMap(({ channel }) => alarmsByChannel.value.get(channel.id) ?? []));
