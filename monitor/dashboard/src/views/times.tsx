/** How soon one occurrence of an alarm came how far: each time, and the seconds after the sample. */

import { steps, timesOf } from "../duty";
import { t } from "../i18n";
import { dateTime } from "../format";
import { useAsked } from "./asked";

export function Times({ id, raised_at, zone }: { id: string; raised_at: string; zone: string }) {
  const { told, failure } = useAsked(() => timesOf(id, raised_at), [id, raised_at]);
  return (
    <div class="times" data-testid={`times-${id}`}>
      <h4>{t("times")}</h4>
      {failure !== "" && <p class="quiet">{failure}</p>}
      {told && (
        <ol aria-label={t("times")}>
          {steps(told).map(({ name, at, after_s }) => (
            <li key={name} class={at === null ? "quiet" : ""}>
              <span>{t(name)}</span> <b>{after_s === null ? t("time_none") : `+${after_s.toFixed(3)} s`}</b>{" "}
              {at !== null && <time dateTime={at}>{dateTime(Date.parse(at), zone).slice(11)}</time>}
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
