/** An enclosure in section: its spaces and their pressures, the doors in their walls, gloves, filters and air. */

import { unit } from "../format";
import { said } from "../i18n";
import type { Source } from "../plant";
import type { Opening, Scheme, Space } from "../scheme";
import { Door, DoorText } from "./opening";
import { ValueText } from "./live-value";

const width = 640;
const top = 46;
const side = { x: 14, width: 178 };
/** Room beside the last wall for the names of its doors. */
const names = 156;
const row = 34;
/** Figures beside one another. */
const across = 3;

export function Enclosure({ scheme, name }: { scheme: Scheme; name: string }) {
  const [main, ...others] = scheme.spaces;
  const left = others.length > 0 ? side.x + side.width : side.x;
  const right = width - (scheme.openings.length + scheme.sashes.length > 0 ? names : side.x);
  const deep = Math.max(156, scheme.openings.length * row + 8, others.length * 150);
  const bottom = top + deep;
  const start = scheme.filters.length > 0 ? 0 : top - 8;
  const height = bottom + (scheme.gloves.length > 0 ? 44 : 12) - start;
  return (
    <svg class="scheme" viewBox={`0 ${start} ${width} ${height}`} role="img" aria-label={name} data-testid="enclosure">
      <rect class="space first" x={left} y={top} width={right - left} height={deep} />
      <Filters filters={scheme.filters} x={left} width={right - left} />
      <Inside main={main} scheme={scheme} x={left + 16} right={right - 14} bottom={bottom} />
      {others.map((space, i) => (
        <Beside key={space.name} space={space} y={top + (i * deep) / others.length} height={deep / others.length} />
      ))}
      {scheme.openings.map((opening, i) => (
        <OnTheRight key={opening.key} opening={opening} x={right} y={top + 4 + (i + 0.5) * ((deep - 8) / scheme.openings.length)} />
      ))}
      {scheme.sashes.map((source) => (
        <Sash key={source.channel.id} source={source} x={right} y={bottom} />
      ))}
      <Gloves gloves={scheme.gloves} x={left} width={right - left} y={bottom} />
    </svg>
  );
}

function Filters({ filters, x, width: wide }: { filters: readonly Source[]; x: number; width: number }) {
  const each = wide / Math.max(1, filters.length);
  return (
    <>
      {filters.map((source, i) => (
        <g key={source.channel.id}>
          <path class="filter" d={zigzag(x + i * each + 6, top - 14, each - 12)} />
          <ValueText source={source} x={x + (i + 0.5) * each} y={top - 20} size="small" anchor="middle" />
        </g>
      ))}
    </>
  );
}

/** A pleated filter, seen from its edge. */
const zigzag = (x: number, y: number, wide: number): string => {
  const folds = Math.max(4, Math.round(wide / 10));
  return `M${x} ${y}` + Array.from({ length: folds }, (_, i) => `L${x + ((i + 1) * wide) / folds} ${y + (i % 2 === 0 ? 10 : 0)}`).join("");
};

interface InsideProps {
  main: Space | undefined;
  scheme: Scheme;
  x: number;
  right: number;
  bottom: number;
}

/** Pressures large, the air that falls, and below it what else is measured. */
function Inside({ main, scheme, x, right, bottom }: InsideProps) {
  const [first, ...others] = main?.pressures ?? [];
  const leads = scheme.flows.length > 0 ? [first] : [first, ...scheme.gauges];
  const lead = leads.find((source) => source !== undefined);
  const lines = [...others, ...scheme.gauges].filter((source) => source !== lead);
  const rows = Math.ceil(lines.length / across);
  return (
    <>
      {lead && <ValueText source={lead} x={x} y={top + 48} size="big" />}
      {lead && (
        <text class="label" x={x} y={top + 66}>
          {said(lead.channel.label)}
        </text>
      )}
      {scheme.flows.map((source, i) => (
        <Flow key={source.channel.id} source={source} x={right - (scheme.flows.length - i) * 72 + 14} />
      ))}
      {lines.map((source, i) => (
        <ValueText key={source.channel.id} source={source} x={x + (i % across) * ((right - x) / across)} y={bottom - 22 - (rows - 1 - Math.floor(i / across)) * 22} />
      ))}
    </>
  );
}

function Flow({ source, x }: { source: Source; x: number }) {
  return (
    <>
      <path class="flow" d={`M${x + 18} ${top + 8}v26m-5 -6l5 7l5 -7`} />
      <ValueText source={source} x={x} y={top + 54} size="small" />
    </>
  );
}

/** A space with doors of its own: the last of them leads to the first space, the others outside. */
function Beside({ space, y, height }: { space: Space; y: number; height: number }) {
  const [pressure] = space.pressures;
  const inner = space.openings.at(-1);
  const outer = space.openings.slice(0, -1);
  const middle = y + height / 2;
  return (
    <>
      <rect class="space" x={side.x} y={y} width={side.width} height={height} />
      {pressure && <ValueText source={pressure} x={side.x + 12} y={y + 40} size="big" />}
      {pressure && (
        <text class="label" x={side.x + 12} y={y + 58}>
          {said(pressure.channel.label)}
        </text>
      )}
      {outer.map((opening, i) => (
        <g key={opening.key}>
          <Door opening={opening} x={side.x} y={middle + 6 + i * row} />
          <DoorText opening={opening} x={side.x + 12} y={middle + 4 + i * row} />
        </g>
      ))}
      {inner && <Door opening={inner} x={side.x + side.width} y={y + height - 30} />}
      {inner && <DoorText opening={inner} x={side.x + side.width - 12} y={y + height - 32} anchor="end" />}
    </>
  );
}

function OnTheRight({ opening, x, y }: { opening: Opening; x: number; y: number }) {
  return (
    <>
      <Door opening={opening} x={x} y={y} />
      <DoorText opening={opening} x={x + 24} y={y - 2} />
    </>
  );
}

/** A window that slides in front: what is below it is open. */
function Sash({ source, x, y }: { source: Source; x: number; y: number }) {
  return (
    <>
      <path class="open-front" d={`M${x} ${y - 2}v-56`} />
      <path class="wall" d={`M${x - 5} ${y - 58}h10M${x + 14} ${y - 50}v40m-4 -6l4 6l4 -6m-8 -28l4 -6l4 6`} />
      <ValueText source={source} x={x + 28} y={y - 30} />
      <text class="label" x={x + 28} y={y - 14}>
        {said(source.channel.label)}
      </text>
    </>
  );
}

/** Each with how much it lost at its last test. */
function Gloves({ gloves, x, width: wide, y }: { gloves: readonly Source[]; x: number; width: number; y: number }) {
  const each = wide / Math.max(1, gloves.length);
  return (
    <>
      {gloves.map((source, i) => (
        <g key={source.channel.id} class="glove">
          <ellipse cx={x + (i + 0.5) * each} cy={y} rx="12" ry="9" />
          <text class="number" x={x + (i + 0.5) * each} y={y + 4} text-anchor="middle">
            {i + 1}
          </text>
          <ValueText source={source} x={x + (i + 0.5) * each} y={y + 27} size="small" anchor="middle" bare />
        </g>
      ))}
      {gloves[0] && (
        <text class="label" x={x + wide + 8} y={y + 27}>
          {unit(gloves[0].channel.unit)}
        </text>
      )}
    </>
  );
}
