/** Says, where nobody can miss it, that the screen no longer shows what is. */

import { duration } from "../format";
import { t } from "../i18n";
import { link, notLive, now_ms } from "../store";

export function NotLive() {
  const why = notLive.value;
  if (why === null) return null;
  const heard_ms = link.value.heard_ms;
  return (
    <section class="not-live" role="alert" data-testid="not-live" data-why={why}>
      <b>{t("not_live")}</b>
      <span>
        {t(`cut_${why}`)} {t("do_not_trust")}
      </span>
      {heard_ms > 0 && <span aria-live="off">{t("last_heard", { age: duration((now_ms.value - heard_ms) / 1000) })}</span>}
    </section>
  );
}
