/** Trends for prevention: a row of small bars for each zone, unfolded month by month. */

import { useMemo, useState } from "preact/hooks";
import { duration, figure } from "../format";
import { language, said, t } from "../i18n";
import { figures, isQuiet, lastMonths, periods_m, pointOf, preventionFile, preventionOf, type Prevention, type ZoneMonths } from "../prevention";
import { index, may } from "../store";
import { AdminPage, Heads, nowOnce_ms, today, zone } from "./admin";
import { useAsked } from "./asked";
import { Bars } from "./bars";

export function PreventionPage() {
  const [months, setMonths] = useState<number>(12);
  const span = useMemo(() => lastMonths(months, today(), zone(), nowOnce_ms()), [months]);
  const { told, failure } = useAsked(() => preventionOf(span), [span]);
  return (
    <AdminPage name="prevention" testid="prevention-page" failure={failure} note={t("prevention_note")}>
      <p class="presets">
        {periods_m.map((one) => (
          <button key={one} class="plain" aria-pressed={one === months} onClick={() => setMonths(one)} data-testid={`prevention-${one}`}>
            {t("prevention_months", { n: one })}
          </button>
        ))}
        {may("export") && (
          <a href={preventionFile(span, language.value)} download>
            {t("prevention_file")}
          </a>
        )}
      </p>
      {told ? <Zones told={told} /> : failure === "" && <p class="quiet">{t("asking")}</p>}
    </AdminPage>
  );
}

const heads = ["zone", ...figures.map((one) => `prevention_${one}` as const)] as const;

function Zones({ told }: { told: Prevention }) {
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const busy = told.zones.filter((one) => !isQuiet(one));
  const quiet = told.zones.length - busy.length;
  const highest = figures.map((name) =>
    Math.max(0, ...busy.flatMap(({ months }) => months.map((one) => pointOf(name, one, told.marked_from).value ?? 0))),
  );
  return (
    <>
      <p class="quiet prevention-legend">
        {t("prevention_legend", { hours: told.follows_within_s / 3600, n: told.marked_from, source: said(told.suggested_by) })}
      </p>
      <div class="dossier-wide" tabIndex={0} role="group" aria-label={t("prevention")}>
        <table class="admin-table" data-testid="prevention">
          <Heads of={heads} />
          {busy.map((one) => (
            <tbody key={one.zone} class={one.zone === chosen ? "chosen" : ""}>
              <tr>
                <th scope="row">
                  <button
                    class="link"
                    aria-expanded={one.zone === chosen}
                    data-testid={`prevention-of-${one.zone ?? ""}`}
                    onClick={() => setChosen(one.zone === chosen ? undefined : one.zone)}
                  >
                    {one.zone ?? t("prevention_nowhere")}
                  </button>{" "}
                  <span class="quiet">{nameOf(one)}</span>
                </th>
                {figures.map((name, n) => (
                  <td key={name}>
                    <Bars points={one.months.map((month) => pointOf(name, month, told.marked_from))} names={told.months.map(({ id }) => id)} most={highest[n] ?? 0} />
                  </td>
                ))}
              </tr>
              {one.zone === chosen && (
                <tr>
                  <td colSpan={heads.length}>
                    <Months one={one} />
                  </td>
                </tr>
              )}
            </tbody>
          ))}
        </table>
      </div>
      {quiet > 0 && <p class="quiet">{t("prevention_quiet", { n: quiet })}</p>}
    </>
  );
}

function nameOf({ zone: id, grade }: ZoneMonths): string {
  const known = index.value?.zones.get(id ?? "")?.zone;
  return [known && said(known.label), grade].filter(Boolean).join(" · ");
}

const columns = [
  ...(["prevention_month", "prevention_alert", "prevention_action", "prevention_consecutive", "prevention_per_day"] as const),
  ...(["prevention_acknowledged", "prevention_unseen", "prevention_opened", "prevention_assessed", "prevention_closed"] as const),
  ...(["prevention_recovery", "prevention_flora"] as const),
] as const;

function Months({ one }: { one: ZoneMonths }) {
  return (
    <table data-testid="prevention-months">
      <Heads of={columns} />
      <tbody>
        {[...one.months].reverse().map(({ month, alarms, deviations, recovery, flora }) => (
          <tr key={month}>
            <th scope="row" class="prevention-month">
              {month}
            </th>
            <td>{alarms.alert}</td>
            <td>{alarms.action}</td>
            <td>{alarms.consecutive}</td>
            <td>{figure(alarms.per_day, 2)}</td>
            <td>{duration(alarms.acknowledging.p95_s)}</td>
            <td>{alarms.unacknowledged}</td>
            <td>
              {deviations.opened} {deviations.open > 0 && <span class="quiet">{t("prevention_open", { n: deviations.open })}</span>}
            </td>
            <td>{duration(deviations.assessing.median_s)}</td>
            <td>{duration(deviations.closing.median_s)}</td>
            <td>
              {recovery.map(({ kind, taken, grown, percent, below_percent, is_above }) => (
                <p key={kind} class={is_above ? "prevention-above" : ""}>
                  {is_above && "▲ "}
                  {t("prevention_of", { kind: t(`plate_kind_${kind}`), grown, taken })} = {figure(percent, 1)} %{" "}
                  {below_percent !== null && <span class="quiet">{t("prevention_below", { percent: below_percent })}</span>}
                </p>
              ))}
              {recovery.length === 0 && "—"}
            </td>
            <td data-testid="prevention-flora">
              {flora.map(({ organism, species, plates, percent, is_new }) => (
                <p key={`${organism} ${species}`} class={is_new ? "prevention-above" : ""}>
                  {is_new && "▲ "}
                  {organism === "" ? t("prevention_unnamed") : <i>{species || organism}</i>}: {plates} <span class="quiet">({figure(percent, 0)} %)</span> {is_new && t("prevention_new")}
                </p>
              ))}
              {flora.length === 0 && "—"}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
