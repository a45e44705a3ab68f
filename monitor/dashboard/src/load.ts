/** The alarm-load figures beside the aims of ISA-18.2-2016, table 7. Pure. */

import type { AlarmLoad } from "./api-types";
import { figure } from "./format";

/** `met` is null where there is no aim. */
export interface Aim {
  name: "alarms" | "per_10_min" | "per_hour" | "peak_10_min" | "share_above_10" | "floods" | "share_in_flood" | "top_share" | "chattering" | "stale" | "low" | "medium" | "high" | "critical";
  shown: string;
  aim: string;
  met: boolean | null;
}

const percent = (share: number): string => `${figure(100 * share, 1)} %`;
const most = (value: number, limit: number): boolean => value <= limit;
/** How far a share of one priority may be from its aim and still count as about that much (demo proposal). */
const about = 0.05;
const near = (share: number, aim: number): boolean => Math.abs(share - aim) <= about;

/** Without any alarm there is no mix of priorities, nor a most frequent one. */
export function aims(load: AlarmLoad): Aim[] {
  const { low = 0, medium = 0, high = 0, critical = 0 } = load.priorities;
  const any = load.alarms > 0;
  const of = (name: Aim["name"], shown: string, aim: string, met: boolean | null): Aim => ({ name, shown, aim, met });
  return [
    of("alarms", figure(load.alarms, 0), "", null),
    of("per_10_min", figure(load.per_10_min, 2), "≤ 1", most(load.per_10_min, 1)),
    of("per_hour", figure(load.per_hour, 1), "≤ 6", most(load.per_hour, 6)),
    of("peak_10_min", figure(load.peak_10_min, 0), "≤ 10", most(load.peak_10_min, 10)),
    of("share_above_10", percent(load.share_above_10), "≤ 1 %", most(load.share_above_10, 0.01)),
    of("floods", figure(load.floods, 0), "", null),
    of("share_in_flood", percent(load.share_in_flood), "≤ 1 %", most(load.share_in_flood, 0.01)),
    of("top_share", percent(load.top_share), "≤ 5 %", any ? most(load.top_share, 0.05) : null),
    of("chattering", figure(load.chattering, 0), "0", most(load.chattering, 0)),
    of("stale", figure(load.stale, 0), "≤ 5", most(load.stale, 5)),
    of("low", percent(low), "≈ 80 %", any ? near(low, 0.8) : null),
    of("medium", percent(medium), "≈ 15 %", any ? near(medium, 0.15) : null),
    of("high", percent(high), "≈ 5 %", any ? near(high, 0.05) : null),
    of("critical", percent(critical), "< 1 %", any ? critical < 0.01 : null),
  ];
}
