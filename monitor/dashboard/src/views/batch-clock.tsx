/** The clock by which a batch must be done, counting down, and where a batch runs: at the head of its line, in its zones. */

import { useEffect, useState } from "preact/hooks";
import { batchesOf, leftOf, productOf, stageLabel, windowUntil } from "../batches";
import type { RunningBatch } from "../api-types";
import { duration } from "../format";
import { said, t } from "../i18n";
import { batches, index, may, server_ms, server_s } from "../store";
import { useLive } from "../use-live";
import { nowOnce_ms } from "./admin";

/** Until when it must be done (epoch ms); null: no clock runs, or it is not known here. */
export function useWindow(batch: RunningBatch): number | null {
  const product = index.value && productOf(index.value.plant, batch);
  const known = windowUntil(batch, product ?? undefined);
  const [asked, setAsked] = useState<number | null>(null);
  useEffect(() => {
    if (known !== undefined || !may("read_past")) return;
    batchesOf(1, nowOnce_ms()).then(
      ({ running }) => setAsked(Date.parse(running.find(({ id }) => id === batch.id)?.window_until ?? "") || null),
      () => setAsked(null),
    );
  }, [batch.id, batch.stage, known === undefined]);
  return known === undefined ? asked : known;
}

/** `7 h 12 min left`: what is little is seen by its weight and colour, and said. */
export function WindowClock({ until_ms, testid }: { until_ms: number; testid: string }) {
  const now = useLive(() => (server_s.value === undefined ? undefined : leftOf(until_ms, server_ms.value ?? 0)), [until_ms]).value;
  if (now === undefined) return null;
  return (
    <span class={`window-clock ${now.left}`} data-testid={testid}>
      {t(now.left === "over" ? "batch_late" : "time_left", { time: duration(now.seconds) })}
    </span>
  );
}

/** The batch that runs on a line, beside its name. */
export function LineBatch({ line }: { line: string }) {
  const batch = useLive(() => batches.value.get(line), [line]).value;
  return batch ? <Word key={batch.id} batch={batch} /> : null;
}

function Word({ batch }: { batch: RunningBatch }) {
  const until_ms = useWindow(batch);
  const product = index.value && productOf(index.value.plant, batch);
  return (
    <a class="line-batch" href="#/batches" title={batch.id} data-testid={`batch-of-${batch.line}`}>
      <Vial /> <b>{batch.id}</b> <span>{said(stageLabel(product ?? undefined, batch.stage))}</span>{" "}
      {until_ms !== null && <WindowClock until_ms={until_ms} testid={`clock-of-${batch.line}`} />}
    </a>
  );
}

/** A zone in which a batch is at this moment. */
export function ZoneBatch({ zone, line }: { zone: string; line: string | null }) {
  const batch = useLive(() => {
    const found = batches.value.get(line ?? "");
    return found?.zones.includes(zone) ? found.id : undefined;
  }, [zone, line]).value;
  return batch === undefined ? null : (
    <span class="zone-batch" title={t("batch_here", { id: batch })} data-testid={`batch-in-${zone}`}>
      <Vial label={t("batch_here", { id: batch })} />
    </span>
  );
}

function Vial({ label }: { label?: string }) {
  const named = label === undefined ? { "aria-hidden": true as const } : { role: "img" as const, "aria-label": label };
  return (
    <svg class="vial" viewBox="0 0 12 12" {...named}>
      <path d="M4 1h4M5 1v3L2.5 9.5a1 1 0 0 0 1 1.5h5a1 1 0 0 0 1-1.5L7 4V1M3.6 7.5h4.8" />
    </svg>
  );
}
