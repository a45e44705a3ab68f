/** The sign of a level: shape, letter and colour each say it alone, so that no one of them must be seen. */

import type { Level } from "../api-types";
import { rank } from "../alarms";
import { t } from "../i18n";

const shapes: Record<Level, string> = {
  action: "M2 2h20v20H2z",
  alert: "M12 1.5 23.2 22H.8z",
  diagnostic: "M12 .8 23.2 12 12 23.2.8 12z",
};

/** Where the letter stands: a triangle's middle is lower than its height's. */
const baseline: Record<Level, number> = { action: 17, alert: 19.5, diagnostic: 16.8 };

export function Mark({ level, flashing = false }: { level: Level; flashing?: boolean }) {
  return (
    <svg class={`mark ${level}${flashing ? " flashing" : ""}`} viewBox="0 0 24 24" role="img" aria-label={t(level)}>
      <path d={shapes[level]} />
      <text x="12" y={baseline[level]} text-anchor="middle">
        {rank(level)}
      </text>
    </svg>
  );
}
