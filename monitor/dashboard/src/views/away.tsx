/** Says calmly that the past cannot be looked at: what is live goes on without the database, and what is done is kept. */

import { t } from "../i18n";
import { health } from "../store";
import { Mark } from "./mark";

export function Away() {
  if (health.value?.database.ok !== false) return null;
  return (
    <p class="history-away" role="status" data-testid="history-away">
      <Mark level="diagnostic" /> <b>{t("history_away")}</b> <span>{t("history_away_what")}</span>
    </p>
  );
}
