/** One plate: how it stands, what is to be done with it now, what else can be, and what was done. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { anyStageLabel } from "../batches";
import { isKey, said, t } from "../i18n";
import { addressOfBatch } from "../page";
import { addressOfPlate, counted, dueWords, plate, type WholePlate } from "../plates";
import { index } from "../store";
import { when } from "./admin";
import { useAsked } from "./asked";
import { isBlind, NextStep, OtherSteps } from "./plate-steps";

export function PlateCard({ code, now_ms, changed }: { code: string; now_ms: number; changed: () => Promise<void> }) {
  const { told, failure, again } = useAsked(() => plate(code), [code]);
  const [done, setDone] = useState<WholePlate | null>(null);
  // What a step has answered is newer than what was asked for before it.
  const one = done !== null && done.steps >= (told?.steps ?? 0) ? done : told;
  const took = async (now: WholePlate): Promise<void> => {
    if (now.code === code) setDone(now);
    else location.hash = addressOfPlate(now.code);
    await Promise.all([changed(), again()]);
    document.querySelector<HTMLInputElement>(".scan input")?.focus({ preventScroll: true });
  };
  return (
    <article class="plate-card" data-testid="plate-card" aria-live="polite">
      <a class="plain big" href={addressOfPlate("")} data-testid="plate-close">
        ‹ {t("plate_close")}
      </a>
      <p class="failure" role="alert" data-testid="plate-failure">
        {failure}
      </p>
      {one && (
        <>
          <Head one={one} />
          <NextStep key={`next ${one.steps}`} one={one} took={took} />
          <OtherSteps key={`other ${one.steps}`} one={one} took={took} />
          <History one={one} now_ms={now_ms} />
        </>
      )}
    </article>
  );
}

function Head({ one }: { one: WholePlate }) {
  const blind = isBlind(one);
  const { read_by, verified_by, approved_by } = one;
  const people = [
    read_by && t("plate_read_by", { who: read_by }),
    verified_by && t("plate_verified_by", { who: verified_by }),
    approved_by && t("plate_approved_by", { who: approved_by }),
  ];
  const result = [counted(one), one.is_changed && t("plate_changed"), ...people].filter(Boolean).join(" · ");
  const facts: [string, ComponentChildren][] = [
    [t("zone"), `${one.zone} · ${one.grade}`],
    [t("plate_kind"), `${t(`plate_kind_${one.kind}`)} · ${one.medium}`],
    one.batch === null ? [t("plate_occasion"), one.occasion] : [t("batch"), <Batch key="batch" id={one.batch} stage={one.stage} />],
    [t("plate_planned"), when(one.planned_at)],
    [t("plate_open"), [one.exposed_from, one.exposed_until].map((at) => (at === null ? "" : when(at))).join(" – ").replace(/^ – $/, "")],
    [t("plate_volume"), one.volume_l === null ? "" : String(one.volume_l)],
    [t("plate_lot"), one.lot],
    [t("result"), blind ? t("plate_hidden") : result],
  ];
  return (
    <header class="plate-head">
      <h3>
        <b data-testid="plate-code">{one.code}</b>{" "}
        <span class={`plate-state ${one.state}`} data-testid="plate-state">
          {t(`plate_state_${one.state}`)}
        </span>
      </h3>
      <p>
        {said(one.label)} #{one.place}
        {one.turn > 1 && `.${one.turn}`}
      </p>
      <dl class="instrument-facts">
        {facts
          .filter(([, fact]) => fact !== "")
          .map(([name, fact]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{fact}</dd>
            </div>
          ))}
      </dl>
      {!blind && one.read_by !== "" && <Verdict one={one} />}
    </header>
  );
}

/** What the plant calls a stage; "" for none. */
export function stageWord(stage: string | null): string {
  const plant = index.value?.plant;
  return stage === null || !plant ? (stage ?? "") : said(anyStageLabel(plant, stage));
}

const Batch = ({ id, stage }: { id: string; stage: string | null }) => (
  <>
    <a href={addressOfBatch(id)} data-testid="plate-batch">
      {id}
    </a>
    {stage !== null && ` · ${stageWord(stage)}`}
  </>
);

function Verdict({ one }: { one: WholePlate }) {
  const rules = (["each", "average"] as const).flatMap((rule) => {
    const verdict = one.verdicts[rule];
    return verdict ? [`${t(`plate_${rule}`)}: ${t(`verdict_${verdict}`)}`] : [];
  });
  return (
    <p class={`plate-verdict ${one.verdict}`} data-testid="plate-verdict">
      <b>{t(`verdict_${one.verdict}`)}</b> <span class="quiet">{rules.join(" · ")}</span>
      {one.needs_investigation && <b> {t("plate_investigate")}</b>}
      {one.is_late && <span> {t("plate_came_late")}</span>}
    </p>
  );
}

const factWord = (name: string): string => {
  const key = `plate_fact_${name}`;
  return isKey(key) ? t(key) : name;
};

const noted = (facts: Record<string, unknown>): string =>
  Object.entries(facts)
    .map(([name, fact]) => {
      if (fact === true) return factWord(name);
      return `${factWord(name)} ${typeof fact === "string" && /^\d{4}-\d\d-\d\dT/.test(fact) ? when(fact) : String(fact)}`;
    })
    .join(" · ");

function History({ one, now_ms }: { one: WholePlate; now_ms: number }) {
  const blind = isBlind(one);
  return (
    <section class="plate-history">
      <h3>
        {t("plate_history")} <small class="quiet">{dueWords(one, now_ms)}</small>
      </h3>
      {one.history.length === 0 && <p class="quiet">{t("plate_nothing")}</p>}
      <ol data-testid="plate-history">
        {one.history.map((step, place) => (
          <li key={place}>
            <b>{t(`plate_state_${step.state}`)}</b> {step.who} <span class="quiet">{when(step.at)}</span>
            <div class="quiet">{[blind && step.state === "read" ? t("plate_hidden") : noted(step.facts), step.reason, step.signature && `${t("plate_signed")} ${step.signature}`].filter(Boolean).join(" · ")}</div>
          </li>
        ))}
      </ol>
    </section>
  );
}
