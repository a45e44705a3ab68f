/** The sign of a verdict: an alarm's shape and letter where a limit was exceeded, a broken ring where nobody can say. */

import type { Verdict } from "../dossier";
import { t } from "../i18n";
import { Mark } from "./mark";

export function VerdictMark({ verdict }: { verdict: Verdict }) {
  if (verdict === "action" || verdict === "alert") return <Mark level={verdict} />;
  if (verdict === "within") return null;
  return (
    <svg class="verdict-mark" viewBox="0 0 24 24" role="img" aria-label={t("verdict_incomplete")}>
      <circle cx="12" cy="12" r="10" />
      <text x="12" y="17" text-anchor="middle">
        ?
      </text>
    </svg>
  );
}

/** The sign with its word. */
export function VerdictWord({ verdict }: { verdict: Verdict }) {
  return (
    <span class={`verdict-word ${verdict}`}>
      <VerdictMark verdict={verdict} /> {t(`verdict_${verdict}`)}
    </span>
  );
}
