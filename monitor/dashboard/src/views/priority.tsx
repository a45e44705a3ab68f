/** The sign of a priority, beside that of the level: shape and colour each say it alone. */

import type { Priority } from "../api-types";
import { t } from "../i18n";

const shapes: Record<Priority, string> = {
  critical: "M8 1 15 8H1z M8 8l7 7H1z",
  high: "M8 4l7 8H1z",
  medium: "M1 6h14v4H1z",
  low: "M1 4h14l-7 8z",
};

export function PriorityMark({ priority }: { priority: Priority }) {
  const label = t(`priority_${priority}`);
  return (
    <svg class={`priority ${priority}`} viewBox="0 0 16 16" role="img" aria-label={label}>
      <title>{label}</title>
      <path d={shapes[priority]} />
    </svg>
  );
}
