/** A figure of some months as bars, with the last one written out; each can be read in words too. */

import type { Point } from "../prevention";

const [step_px, height_px] = [9, 26];

interface BarsProps {
  points: readonly Point[];
  /** What each is called, in their order. */
  names: readonly string[];
  /** The height of the row: all that is compared has the same. */
  most: number;
}

export function Bars({ points, names, most }: BarsProps) {
  const last = points.at(-1);
  const told = points.map(({ shown }, n) => `${names[n]}: ${shown}`).join(", ");
  return (
    <span class="bars">
      <svg width={step_px * points.length} height={height_px} role="img" aria-label={told}>
        <title>{told}</title>
        <path d={`M0 ${height_px - 0.5}H${step_px * points.length - 2}`} />
        {points.map(({ value, isMarked }, n) => (
          <rect
            key={names[n]}
            class={isMarked ? "marked" : ""}
            x={n * step_px}
            width={step_px - 2}
            y={height_px - tall(value, most)}
            height={tall(value, most)}
          />
        ))}
      </svg>
      <b class="figure">
        {last?.isMarked && "▲ "}
        {last?.shown}
      </b>
    </span>
  );
}

/** What is there at all is seen; where nothing is, nothing stands. */
const tall = (value: number | null, most: number): number =>
  value === null || value === 0 || most === 0 ? 0 : Math.max(2, (height_px * value) / most);
