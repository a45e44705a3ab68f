/** A password or a token that is shown once: until somebody says that it was noted, or leaves the page. */

import { t } from "../i18n";

export interface Secret {
  of: string;
  secret: string;
}

export function ShownOnce({ secret, done }: { secret: Secret; done: () => void }) {
  return (
    <div class="secret" role="status" data-testid="secret">
      <p>{t("shown_once", { of: secret.of })}</p>
      <code data-testid="secret-value">{secret.secret}</code>
      <button class="plain" data-testid="secret-noted" onClick={done}>
        {t("secret_noted")}
      </button>
    </div>
  );
}
