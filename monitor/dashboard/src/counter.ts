/** A particle counter as its rolling cubic metre and what is left of it. Pure. */

import type { Derived, Device } from "./api-types";
import type { PlantIndex, Source } from "./plant";

/** One particle size: the rolling volume, its strictest limits, and the channel that says how many counts are left. */
export interface Size {
  um: string;
  rolling: Source;
  alert: number | null;
  action: number | null;
  left: Source | undefined;
}

/** The size in a key such as `rolling_m3_0_5`: "0.5". */
const sizeOf = (key: string): string => /(\d+)_(\d+)$/.exec(key)?.slice(1).join(".") ?? "";

/** Each size that a counter's rolling volume is reckoned for, the smallest first; `rolls` is false where only records are. */
export function sizesOf(device: Device, index: PlantIndex): { rolls: boolean; sizes: Size[] } {
  const of = (formula: Derived["formula"]): Source[] =>
    index.plant.derived.flatMap((one) =>
      one.device === device.id && one.formula === formula ? (index.derived.get(one.id) ?? []) : [],
    );
  const left = of("counts_left");
  const rolling = of("rolling_volume");
  const sizes = (rolling.length > 0 ? rolling : of("concentration"))
    .map((rolling): Size => {
      const um = sizeOf(rolling.channel.key);
      return { um, rolling, ...limitsOf(rolling), left: left.find(({ channel }) => sizeOf(channel.key) === um) };
    })
    .sort((a, b) => Number(a.um) - Number(b.um));
  return { rolls: rolling.length > 0, sizes };
}

function limitsOf({ limits }: Source): { alert: number | null; action: number | null } {
  const strictest = (level: string): number | null => {
    const highs = limits.flatMap((limit) => (limit.level === level && limit.high !== null ? [limit.high] : []));
    return highs.length > 0 ? Math.min(...highs) : null;
  };
  return { alert: strictest("alert"), action: strictest("action") };
}

/** How many more the rolling volume may take: as reckoned, or else the distance to the limit. */
export function leftOf({ action }: Size, rolling: number | null, left: number | null): number | null {
  if (left !== null) return left;
  return rolling === null || action === null ? null : action - rolling;
}

/** How far a bar is filled, of one; a value beyond the limit fills it. */
export const filled = (value: number | null, most: number | null): number =>
  value === null || most === null || most <= 0 ? 0 : Math.min(1, Math.max(0, value / most));
