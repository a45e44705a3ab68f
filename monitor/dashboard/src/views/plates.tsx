/** Viable monitoring: what is due with which plate; a code is scanned or typed, and leads to its plate and the next step. */

import { computed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { language, said, t } from "../i18n";
import { addressOfPlate, approve, codeIn, counted, dueWords, labelsOf, most_at_once, most_labels, plates, todos, urgency, waitingFor, type Chosen, type OnePlate, type Todo } from "../plates";
import { may, server_ms } from "../store";
import { AdminPage, SigningPassword } from "./admin";
import { useAsked } from "./asked";
import { DayField } from "./day-field";
import { Deed, text } from "./deed";
import { PlateCard, stageWord } from "./plate";
import { PlatePlan } from "./plate-plan";

const again_ms = 30_000;
/** The server's time, so often: what others have done and what has become due is shown by then. 0: it is not known yet. */
const turn_ms = computed(() => Math.floor((server_ms.value ?? 0) / again_ms) * again_ms);
/** So many of one kind stand on the page; the others are found by their batch or day. */
const most_shown = 40;

export function PlatesPage({ code }: { code: string }) {
  const [chosen, choose] = useState<Chosen>({});
  const now_ms = turn_ms.value;
  const { told, failure, again } = useAsked(() => plates(chosen), [chosen, now_ms]);
  const all = told?.plates ?? [];
  const due = all.filter((one) => ["late", "now"].includes(urgency(one, now_ms))).length;
  return (
    <AdminPage name="plates" testid="plates-page" failure={failure} note={told && now_ms > 0 ? t("plates_now", { n: due, of: all.length }) : ""}>
      {told?.is_whole === false && <p class="failure">{t("plates_beyond", { n: all.length })}</p>}
      <div class={code ? "plates-head with-plate" : "plates-head"}>
        <Scan />
        <Choice chosen={chosen} choose={choose} />
        {all.length > 0 && (
          <a class="plain big" href={labelsOf(all, language.value)} target="_blank" rel="noreferrer" data-testid="plates-labels">
            {t("plates_labels", { n: Math.min(all.length, most_labels) })}
          </a>
        )}
      </div>
      {may("take_samples") && <PlatePlan changed={again} />}
      <div class={code ? "plates-floor with-plate" : "plates-floor"}>
        <div class="plates-lists">
          {told?.plates.length === 0 && <p class="quiet">{t("plates_none")}</p>}
          {todos.map((todo) => (
            <Group key={todo} todo={todo} rows={waitingFor(all, todo, now_ms)} now_ms={now_ms} open={code} changed={again} />
          ))}
        </div>
        {code && <PlateCard key={code} code={code} now_ms={now_ms} changed={again} />}
      </div>
    </AdminPage>
  );
}

/** A scanner types the code and presses Enter: the field is ready for it whenever the page is. */
function Scan() {
  const field = useRef<HTMLInputElement>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => field.current?.focus({ preventScroll: true }), []);
  const find = (event: SubmitEvent): void => {
    event.preventDefault();
    const code = codeIn(field.current?.value ?? "");
    setFailure(code === undefined ? t("plates_no_code") : "");
    if (code === undefined || !field.current) return;
    field.current.value = "";
    location.hash = addressOfPlate(code);
  };
  return (
    <form class="scan" role="search" onSubmit={find}>
      <input
        ref={field}
        aria-label={t("plates_scan")}
        placeholder={t("plates_scan")}
        maxLength={40}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        data-testid="plates-scan"
      />
      <button class="primary" data-testid="plates-find">
        {t("plates_find")}
      </button>
      <span class="failure" role="alert">
        {failure}
      </span>
    </form>
  );
}

function Choice({ chosen, choose }: { chosen: Chosen; choose: (chosen: Chosen) => void }) {
  const look = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [batch, day] = [text(form, "batch").trim(), text(form, "day")];
    choose(batch ? { batch } : day ? { day } : {});
  };
  return (
    <form class="plates-choice" onSubmit={look}>
      <label class="field">
        {t("batch")}
        <input name="batch" maxLength={40} defaultValue={chosen.batch ?? ""} data-testid="plates-batch" />
      </label>
      <label class="field">
        {t("plates_day")}
        <DayField name="day" value={chosen.day ?? ""} testid="plates-day" />
      </label>
      <button class="plain big" data-testid="plates-look">
        {t("show")}
      </button>
    </form>
  );
}

interface GroupProps {
  todo: Todo;
  rows: readonly OnePlate[];
  now_ms: number;
  open: string;
  changed: () => Promise<void>;
}

function Group({ todo, rows, now_ms, open, changed }: GroupProps) {
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  if (rows.length === 0) return null;
  const ticks = todo === "approve" && may("approve_plates");
  const seen = rows.filter(({ code }) => ticked.has(code)).slice(0, most_at_once);
  const tick = (code: string): void => setTicked(ticked.has(code) ? new Set([...ticked].filter((one) => one !== code)) : new Set([...ticked, code]));
  const act = async (form: FormData): Promise<void> => {
    await approve(seen, text(form, "password"), "");
    setTicked(new Set());
    await changed();
  };
  return (
    <section class="plate-group" data-testid={`plates-${todo}`}>
      <h3>
        {t(`plate_todo_${todo}`)} <b>{rows.length}</b>
      </h3>
      <ul>
        {rows.slice(0, most_shown).map((one) => (
          <Row key={one.code} one={one} now_ms={now_ms} isOpen={one.code === open} ticked={ticks ? ticked.has(one.code) : undefined} tick={tick} />
        ))}
      </ul>
      {rows.length > most_shown && <p class="quiet">{t("plates_more", { n: rows.length - most_shown })}</p>}
      {ticks && (
        <div class="plates-approve">
          <button class="plain big" data-testid="plates-tick-all" onClick={() => setTicked(new Set(rows.slice(0, most_at_once).map(({ code }) => code)))}>
            {t("plates_approve_all")}
          </button>
          {seen.length > 0 && (
            <Deed label={t("plates_approve", { n: seen.length })} testid="plates-sign" act={act}>
              <SigningPassword />
            </Deed>
          )}
        </div>
      )}
    </section>
  );
}

interface RowProps {
  one: OnePlate;
  now_ms: number;
  isOpen: boolean;
  ticked: boolean | undefined;
  tick: (code: string) => void;
}

function Row({ one, now_ms, isOpen, ticked, tick }: RowProps) {
  return (
    <li class={`plate-row plate-${urgency(one, now_ms)}${isOpen ? " chosen" : ""}`} data-testid={`plate-${one.code}`}>
      {ticked !== undefined && (
        <input type="checkbox" checked={ticked} aria-label={one.code} data-testid={`plate-tick-${one.code}`} onChange={() => tick(one.code)} />
      )}
      <a href={addressOfPlate(one.code)} aria-current={isOpen ? "true" : undefined}>
        <b>{one.code}</b>
        <span>
          {said(one.label)} #{one.place}
          {one.turn > 1 && `.${one.turn}`}
        </span>
        <span class="quiet">
          {one.zone} · {one.grade} · {t(`plate_kind_${one.kind}`)}
          {one.batch !== null && ` · ${[one.batch, stageWord(one.stage)].filter(Boolean).join(" ")}`}
        </span>
        <span class="plate-due">{one.todo === "approve" || one.todo === "nothing" || one.todo === "name" ? counted(one) : dueWords(one, now_ms)}</span>
      </a>
    </li>
  );
}
