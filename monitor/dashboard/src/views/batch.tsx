/** One batch by exception: what is not in order first and at length, the rest folded, then who signed what. */

import { useEffect } from "preact/hooks";
import type { Dossier, Standing } from "../dossier";
import { lasted, percentage } from "../dossier";
import { said, t } from "../i18n";
import { addressOfOverlay } from "../overlay";
import { recordOf, shareOf } from "../quality";
import { may, person } from "../store";
import { AdminPage, nowOnce_ms, when } from "./admin";
import { useAsked } from "./asked";
import { Channels } from "./batch-channels";
import { Instruments, PlantPart, Signatures, Stages, Tests, Viable } from "./batch-found";
import { Actions, Alarms, Gaps, Hidden } from "./batch-judged";
import { Matters } from "./batch-matters";
import { SignOff } from "./batch-sign";
import { PackageButton } from "./package";
import { VerdictWord } from "./verdict";

export function BatchPage({ id }: { id: string }) {
  const { told: record, failure, again } = useAsked(() => recordOf(id), [id]);
  useEffect(unfoldToPrint, []);
  return (
    <AdminPage name="dossier" testid="batch-page" failure={failure} note={id}>
      {record === null && failure === "" && <Waiting id={id} />}
      {record && (
        <div class="dossier">
          <p class="on-paper">
            {t("dossier_paper", { time: when(new Date(nowOnce_ms()).toISOString()), who: person.value?.name ?? "" })}
          </p>
          <Head told={record.dossier} standing={record.review} />
          <Matters batch={id} standing={record.review} again={again} />
          <Record told={record.dossier} />
          <SignOff batch={id} standing={record.review} told={record.dossier} again={again} />
        </div>
      )}
    </AdminPage>
  );
}

const look_ms = 1000;

/** How far it is: what nobody has looked at before is counted first. */
function Waiting({ id }: { id: string }) {
  const { told: share, again } = useAsked(() => shareOf(id), [id]);
  useEffect(() => {
    const timer = setInterval(() => void again(), look_ms);
    return () => clearInterval(timer);
  }, [again]);
  return (
    <p class="quiet" role="status" data-testid="dossier-waiting">
      {t("dossier_loading")} {share !== null && <progress value={share} aria-label={t("dossier_loading")} />}
    </p>
  );
}

function Record({ told }: { told: Dossier }) {
  return (
    <>
      <Channels told={told} />
      <Alarms told={told} />
      <Hidden told={told} />
      <Actions told={told} />
      <Gaps told={told} />
      <Viable told={told} />
      <Tests told={told} />
      <Instruments told={told} />
      <Stages told={told} />
      <PlantPart told={told} />
      <Signatures told={told} />
    </>
  );
}

function Head({ told, standing }: { told: Dossier; standing: Standing }) {
  const { batch, completeness } = told;
  return (
    <header class="dossier-head" data-testid="dossier-head">
      <p class="dossier-verdict">
        <VerdictWord verdict={told.verdict} />
        <b class={`dossier-standing ${standing.standing}`} data-testid="dossier-standing">
          {t(`standing_${standing.standing}`)}
        </b>
      </p>
      <dl class="line-facts">
        <Fact name={t("batch_product")}>
          {said(batch.product_label)} <span class="quiet">{batch.product}</span>
        </Fact>
        <Fact name={t("dossier_line")}>
          {said(batch.line_label)} <span class="quiet">{batch.line}</span>
        </Fact>
        <Fact name={t("batch_began")}>{`${when(batch.started_at)} · ${batch.started_by}`}</Fact>
        <Fact name={t("batch_ended")}>
          {batch.ended_at === null ? t("dossier_runs") : `${when(batch.ended_at)} · ${batch.ended_by}`}
          {batch.is_aborted && <b class="account-locked"> {t("dossier_aborted")}</b>} <span class="quiet">{batch.comment}</span>
        </Fact>
        <Fact name={t("dossier_lasted")}>{lasted(batch.started_at, told.told_at)}</Fact>
        <Fact name={t("dossier_complete")}>
          {t("dossier_complete_of", { percent: percentage(completeness.percent, 3), valid: completeness.valid, expected: completeness.expected })}
        </Fact>
        {batch.overrides.length > 0 && (
          <Fact name={t("dossier_passed_over")}>
            <b>{batch.passed_over.map(said).join(" · ")}</b> {batch.reason}
          </Fact>
        )}
      </dl>
      <div class="dossier-tools">
        <a href="#/batches">{t("dossier_all")}</a>
        <a href={addressOfOverlay({ channel: "", batches: [batch.id] })}>{t("overlay_other")}</a>
        <button class="plain" data-testid="dossier-print" onClick={() => print()}>
          {t("dossier_print")}
        </button>
        {may("export") && batch.ended_at !== null && <PackageButton batch={batch.id} />}
      </div>
    </header>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** On paper nothing is folded. */
function unfoldToPrint(): () => void {
  let folded: HTMLDetailsElement[] = [];
  const unfold = (): void => {
    folded = [...document.querySelectorAll<HTMLDetailsElement>(".dossier details:not([open])")];
    for (const one of folded) one.open = true;
  };
  const fold = (): void => {
    for (const one of folded) one.open = false;
  };
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);
  return () => {
    removeEventListener("beforeprint", unfold);
    removeEventListener("afterprint", fold);
  };
}
