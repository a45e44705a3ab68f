/** Batches: what runs on each line, with its stages and its clock; one begun, advanced and ended; those of a month. */

import { useEffect, useState } from "preact/hooks";
import { batchesOf, endBatch, laterStages, productOf, productsOf, stageLabel, toStage, type Batches, type OneBatch } from "../batches";
import type { Line, Product, RunningBatch } from "../api-types";
import { duration, elapsed, timeOfDay } from "../format";
import { said, t } from "../i18n";
import { batches, index, may, server_s } from "../store";
import { useLive } from "../use-live";
import { AdminPage, Heads, nowOnce_ms, when, zone } from "./admin";
import { useAsked } from "./asked";
import { useWindow, WindowClock } from "./batch-clock";
import { StartForm } from "./batch-start";
import { Deed, text } from "./deed";

const days = 30;

export function BatchesPage() {
  const running = batches.value;
  const stands = [...running.values()].map(({ id, stage }) => `${id} ${stage}`).join();
  const { told, failure, again } = useAsked(() => batchesOf(days, nowOnce_ms()), [stands]);
  // The book is a moment behind what is live.
  useEffect(() => {
    const later = setTimeout(() => void again(), 3000);
    return () => clearTimeout(later);
  }, [again]);
  const plant = index.value?.plant;
  const lines = plant?.lines.filter(({ id }) => running.has(id) || productsOf(plant, id).length > 0) ?? [];
  return (
    <AdminPage name="batches" testid="batches-page" failure={failure}>
      {told?.is_whole === false && <p class="failure">{t(told.batches.length === 0 ? "batches_old" : "batches_more", { n: told.batches.length })}</p>}
      {lines.length === 0 && <p class="quiet">{t("batch_no_lines")}</p>}
      <section class="batch-lines">
        {[...lines].sort((a, b) => Number(running.has(b.id)) - Number(running.has(a.id))).map((line) => (
          <LineCard key={line.id} line={line} batch={running.get(line.id)} told={told} />
        ))}
      </section>
      <Past batches={told?.batches ?? []} />
    </AdminPage>
  );
}

interface CardProps {
  line: Line;
  batch: RunningBatch | undefined;
  told: Batches | null;
}

function LineCard({ line, batch, told }: CardProps) {
  const [starting, setStarting] = useState(false);
  return (
    <article class={`batch-line${batch ? " runs" : ""}${starting && !batch ? " starting" : ""}`} data-testid={`batch-line-${line.id}`}>
      <h3>
        {line.id} <small class="quiet">{said(line.label)}</small>
      </h3>
      {batch && <Running key={batch.id} batch={batch} />}
      {!batch && !starting && <p class="quiet">{t("batch_idle")}</p>}
      {!batch && !starting && may("start_batch") && (
        <button class="plain big" data-testid={`batch-start-${line.id}`} onClick={() => setStarting(true)}>
          {t("batch_start")}
        </button>
      )}
      {!batch && starting && <StartForm line={line.id} known={told?.batches ?? []} close={() => setStarting(false)} />}
    </article>
  );
}

function Running({ batch }: { batch: RunningBatch }) {
  const plant = index.value?.plant;
  const product = plant && productOf(plant, batch);
  const until_ms = useWindow(batch);
  const long = useLive(() => elapsed(Math.max(0, (server_s.value ?? 0) - Date.parse(batch.since) / 1000)), [batch.since]);
  return (
    <>
      <p class="batch-name">
        <a href={`#/batch/${batch.id}`}>
          <b>{batch.id}</b>
        </a>{" "}
        {product ? said(product.label) : batch.product}
      </p>
      <p class="quiet">
        {t("batch_since", { time: timeOfDay(Date.parse(batch.since), zone()).slice(0, 5), long: long.value })} · {batch.who}
      </p>
      {product && <Stages product={product} batch={batch} />}
      {until_ms !== null && product && (
        <p class="batch-window">
          <WindowClock until_ms={until_ms} testid={`window-${batch.line}`} />{" "}
          <span class="quiet">
            {t("batch_left_of", { time: duration(product.window_s), stage: said(stageLabel(product, product.window_from)) })}
          </span>
        </p>
      )}
      {may("start_batch") && <Deeds key={batch.stage} product={product} batch={batch} />}
    </>
  );
}

function Stages({ product, batch }: { product: Product; batch: RunningBatch }) {
  const now = product.stages.findIndex(({ id }) => id === batch.stage);
  const long = useLive(() => elapsed(Math.max(0, (server_s.value ?? 0) - Date.parse(batch.stage_since) / 1000)), [batch.stage_since]);
  return (
    <ol class="stages" data-testid={`stages-${batch.line}`}>
      {product.stages.map(({ id, label }, place) => (
        <li key={id} class={place < now ? "past" : ""} aria-current={place === now ? "step" : undefined}>
          {place < now ? "✓ " : ""}
          {place === now ? t("batch_stage_since", { stage: said(label), long: long.value }) : said(label)}
        </li>
      ))}
    </ol>
  );
}

/** What cannot be taken back takes two presses: a glove presses one too many easily. */
function Deeds({ product, batch }: { product: Product | undefined; batch: RunningBatch }) {
  const [open, setOpen] = useState<"" | "stage" | "end">("");
  const later = laterStages(product, batch.stage);
  const close = (): void => setOpen("");
  if (open === "stage") return <NextStage batch={batch} later={later} close={close} />;
  if (open === "end") return <End batch={batch} close={close} />;
  const next = later[0];
  return (
    <div class="batch-deeds">
      {next && (
        <button class="plain big" data-testid={`batch-next-${batch.line}`} onClick={() => setOpen("stage")}>
          {t("batch_next", { stage: said(next.label) })}
        </button>
      )}
      <button class="plain big" data-testid={`batch-end-${batch.line}`} onClick={() => setOpen("end")}>
        {t("batch_end")}
      </button>
    </div>
  );
}

interface DeedProps {
  batch: RunningBatch;
  close: () => void;
}

function NextStage({ batch, later, close }: DeedProps & { later: Product["stages"] }) {
  return (
    <div class="batch-sure">
      <p>{t("batch_next_sure")}</p>
      <Deed label={t("batch_next_now")} testid={`batch-next-now-${batch.line}`} act={(form) => toStage(batch, text(form, "stage"))}>
        <select name="stage" aria-label={t("batch_to")}>
          {later.map(({ id, label }) => (
            <option key={id} value={id}>
              {said(label)}
            </option>
          ))}
        </select>
      </Deed>
      <NotNow close={close} />
    </div>
  );
}

function End({ batch, close }: DeedProps) {
  const act = (form: FormData): Promise<void> => endBatch(batch, text(form, "comment"), form.has("aborted"));
  return (
    <div class="batch-sure">
      <Deed label={t("batch_end_now")} testid={`batch-end-now-${batch.line}`} act={act}>
        <input name="comment" aria-label={t("batch_end_comment")} placeholder={t("batch_end_comment")} maxLength={500} />
        <label class="tick">
          <input name="aborted" type="checkbox" /> {t("batch_aborted")}
        </label>
      </Deed>
      <NotNow close={close} />
    </div>
  );
}

export function NotNow({ close }: { close: () => void }) {
  return (
    <button class="plain big" type="button" data-testid="batch-cancel" onClick={close}>
      {t("batch_cancel")}
    </button>
  );
}

function Past({ batches: past }: { batches: readonly OneBatch[] }) {
  return (
    <section data-testid="batches-past">
      <h3>{t("batches_past")}</h3>
      {past.length === 0 && <p class="quiet">{t("none")}</p>}
      {past.length > 0 && (
        <div class="scrolls">
          <table class="admin-table">
            <Heads of={["batch", "batch_line", "batch_product", "batch_began", "batch_ended", "batch_by", "batch_how"]} />
            <tbody>
              {past.map((one) => (
                <PastBatch key={one.id} one={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function PastBatch({ one }: { one: OneBatch }) {
  const plant = index.value?.plant;
  const product = plant && productOf(plant, one);
  const how = one.ended_at === null ? "batch_runs" : one.is_aborted ? "batch_given_up" : "batch_done";
  return (
    <tr data-testid={`batch-${one.id}`}>
      <th scope="row">
        <a href={`#/batch/${one.id}`}>{one.id}</a>
      </th>
      <td>{one.line}</td>
      <td>{product ? said(product.label) : one.product}</td>
      <td>{when(one.started_at).slice(0, 16)}</td>
      <td>{one.ended_at === null ? "—" : when(one.ended_at).slice(0, 16)}</td>
      <td>{[...new Set([one.started_by, one.ended_by])].filter((name) => name !== "").join(", ")}</td>
      <td>
        <span class={one.is_aborted ? "batch-bad" : ""}>{t(how)}</span> {one.comment}
        {one.overrides.length > 0 && <small class="batch-bad">{t("batch_passed_over", { n: one.overrides.length, why: one.reason })}</small>}
      </td>
    </tr>
  );
}
