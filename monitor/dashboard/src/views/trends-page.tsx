/** Several channels over any time, with what was permitted, what alarmed, what people did and what machines did. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { t } from "../i18n";
import type { PlantIndex, Source } from "../plant";
import { chosenChannel, index, server_ms } from "../store";
import { addressOf, askedOf, clamped, most_channels, spanOf, type Asked } from "../trends";
import { Chosen } from "./trends-chosen";
import { Picker, Times } from "./trends-tools";
import { Marks } from "./trends-marks";
import { Plot } from "./trends-plot";
import { useTrends } from "./trends-data";

const go = (asked: Asked): void => {
  location.hash = addressOf(asked);
};

export function TrendsPage({ asked: query }: { asked: string }) {
  const plant = index.value;
  const asked = useMemo(() => orChosen(askedOf(query)), [query]);
  if (!plant) return null;
  const sources = asked.channels.flatMap((id) => plant.channels.get(id) ?? []);
  return (
    <main class="floor alone" data-testid="trends-page">
      <section class="panel trends" aria-label={t("trends")}>
        <div class="tools">
          {sources.length < most_channels && (
            <Picker plant={plant} shown={asked.channels} add={(id) => go({ ...asked, channels: [...asked.channels, id] })} />
          )}
          <Times asked={asked} zone={plant.plant.time_zone} go={go} />
        </div>
        {sources.length === 0 ? <p class="quiet">{t("none_chosen", { n: most_channels })}</p> : <Shown asked={asked} sources={sources} plant={plant} />}
      </section>
    </main>
  );
}

/** Without a channel in the address, the one that was looked at last. */
function orChosen(asked: Asked): Asked {
  const last = chosenChannel.peek();
  return asked.channels.length > 0 || last === null ? asked : { ...asked, channels: [last] };
}

function Shown({ asked, sources, plant }: { asked: Asked; sources: readonly Source[]; plant: PlantIndex }) {
  const [lead, setLead] = useState(0);
  const [pointed, setPointed] = useState<number | null>(null);
  const { told, state } = useTrends(asked, sources, plant);
  const at = Math.min(lead, sources.length - 1);
  useEffect(() => setPointed(null), [told]);
  const span = told?.span ?? spanOf(asked.time, server_ms.peek() ?? Date.now());
  return (
    <>
      <Chosen
        sources={sources}
        lead={at}
        columns={told?.columns ?? null}
        pointed={pointed}
        zone={plant.plant.time_zone}
        setLead={setLead}
        remove={(id) => go({ ...asked, channels: asked.channels.filter((one) => one !== id) })}
      />
      <Plot
        sources={sources}
        told={told}
        span={span}
        lead={at}
        zone={plant.plant.time_zone}
        log={asked.log}
        point={setPointed}
        zoom={(from_s, to_s) => go({ ...asked, time: clamped({ start_ms: from_s * 1000, end_ms: to_s * 1000 }) })}
      />
      <p class="quiet" role="status" data-testid="trends-state">
        {state} · {t("zoom_hint")}
      </p>
      {told && <Marks told={told} plant={plant} />}
    </>
  );
}
