/** One channel of several batches over each other, by the time since each began; former ones are pale. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import { batchesOf } from "../batches";
import { unit } from "../format";
import { language, said, t } from "../i18n";
import { addressOfOverlay, comparedOf, laid, most_batches, overlayOf, stairsOf, toggled, type Compared, type Overlay } from "../overlay";
import { addressOfBatch } from "../page";
import type { Source } from "../plant";
import { index } from "../store";
import { theme } from "../theme";
import { AdminPage, nowOnce_ms, when } from "./admin";
import { useAsked } from "./asked";
import { OverlayChart } from "./overlay-chart";
import { gapOf } from "./trend";
import { Picker } from "./trends-tools";

const days = 365;

const go = (compared: Compared): void => {
  location.hash = addressOfOverlay(compared);
};

export function OverlayPage({ asked }: { asked: string }) {
  const compared = useMemo(() => comparedOf(asked), [asked]);
  const plant = index.value;
  if (!plant) return null;
  const source = plant.channels.get(compared.channel);
  return (
    <AdminPage name="overlay" testid="overlay-page">
      <Picker plant={plant} shown={[compared.channel]} add={(channel) => go({ ...compared, channel })} />
      <Choice compared={compared} />
      {source && compared.batches.length > 0 ? <Shown compared={compared} source={source} /> : <p class="quiet">{t("overlay_none")}</p>}
    </AdminPage>
  );
}

/** Those of the last year, and whoever is compared already. */
function Choice({ compared }: { compared: Compared }) {
  const { told } = useAsked(() => batchesOf(days, nowOnce_ms()));
  const known = new Map((told?.batches ?? []).map((one) => [one.id, one]));
  const ids = [...new Set([...compared.batches, ...known.keys()])];
  const isFull = compared.batches.length >= most_batches;
  return (
    <fieldset class="overlay-batches" data-testid="overlay-batches">
      <legend class="quiet">
        {t("overlay_batches")} · {t("overlay_most", { n: most_batches })}
      </legend>
      {ids.map((id) => {
        const chosen = compared.batches.includes(id);
        const began = known.get(id)?.started_at;
        return (
          <label key={id}>
            <input type="checkbox" checked={chosen} disabled={isFull && !chosen} onChange={() => go(toggled(compared, id))} data-testid={`overlay-${id}`} /> {id}{" "}
            <span class="quiet">{began && when(began).slice(0, 10)}</span>
          </label>
        );
      })}
    </fieldset>
  );
}

function Shown({ compared, source }: { compared: Compared; source: Source }) {
  const { told, failure } = useAsked(() => overlayOf(compared), [compared]);
  const name = `${source.device.id} · ${said(source.channel.label)}`;
  return (
    <>
      <h3>
        {name} <span class="quiet">{t("overlay_value", { unit: unit(source.channel.unit) })}</span>
      </h3>
      {failure !== "" && <p class="failure">{t("overlay_failed", { why: failure })}</p>}
      {told && <Plot told={told} source={source} name={name} />}
      {told && (
        <p class="overlay-batches">
          {told.batches.map(({ batch, started_at }, place) => (
            <span key={batch} class={place === 0 ? "lead" : "quiet"}>
              <a href={addressOfBatch(batch)}>{batch}</a> {when(started_at)} {place === 0 && t("overlay_lead")}
            </span>
          ))}
        </p>
      )}
    </>
  );
}

function Plot({ told, source, name }: { told: Overlay; source: Source; name: string }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const [first] = told.batches;
    if (!box.current || !first) return;
    const chart = new OverlayChart(box.current, laid(told.batches, gapOf(source)), stairsOf(first));
    return () => chart.destroy();
  }, [told, theme.value, language.value]);
  return <div class="plot wide-plot" ref={box} role="img" aria-label={t("overlay_of", { channel: name, n: told.batches.length })} data-testid="overlay-plot" />;
}
