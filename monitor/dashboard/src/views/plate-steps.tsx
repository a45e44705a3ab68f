/** What is done with a plate: the next step, in fields that a gloved finger finds, and what else is possible. */

import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import { writtenTime } from "../period";
import { approve, liesOpen, nextIncubation, plate, runs, take, type SamplerRun, type Steps, type WholePlate } from "../plates";
import { may, person } from "../store";
import { Reason, SigningPassword, when, zone } from "./admin";
import { Deed, instantIn, text } from "./deed";

interface StepProps {
  one: WholePlate;
  took: (now: WholePlate) => Promise<void>;
}

const isMe = (who: string): boolean => who !== "" && who.toLowerCase() === person.value?.name.toLowerCase();

/** Whether the count is still to be hidden, from who is to count anew without knowing it. */
export const isBlind = ({ todo, read_by }: WholePlate): boolean => todo === "verify" && may("verify_plates") && !isMe(read_by);

export function NextStep({ one, took }: StepProps) {
  const Form = forms[one.todo];
  return (
    <section class={one.todo === "nothing" ? "plate-next over" : "plate-next"} data-testid="plate-next">
      <h3>{t(`plate_todo_${one.todo}`)}</h3>
      {Form ? <Form one={one} took={took} /> : <p class="quiet">{t("plate_done")}</p>}
    </section>
  );
}

const forms: Partial<Record<WholePlate["todo"], (props: StepProps) => preact.JSX.Element>> = {
  expose: Expose,
  collect: Collect,
  incubate: Incubate,
  read: Read,
  verify: Verify,
  name: Correct,
  approve: Approve,
  decide: Decide,
};

interface TakeProps<Step extends keyof Steps> extends StepProps {
  step: Step;
  label: string;
  said: (form: FormData) => Steps[Step];
  children?: preact.ComponentChildren;
}

function Take<Step extends keyof Steps>({ one, took, step, label, said, children }: TakeProps<Step>) {
  const act = async (form: FormData): Promise<void> => took(await take(one.code, step, said(form)));
  return (
    <Deed label={label} testid={`plate-${step}`} act={act}>
      {children}
    </Deed>
  );
}

const NotYours = () => <p class="quiet">{t("plate_not_yours")}</p>;

// --- Laid open, closed, incubated

/** A time that was typed; null: now. Raises Refusal: it is none. */
const timeIn = (form: FormData, field: string): string | null => (text(form, field).trim() === "" ? null : instantIn(form, field));
const numberIn = (form: FormData, field: string): number | null => (text(form, field).trim() === "" ? null : Number(text(form, field)));

function Expose({ one, took }: StepProps) {
  const found = useRuns(one);
  const [run, setRun] = useState("");
  if (!may("take_samples")) return <NotYours />;
  const draws = one.kind === "active_air";
  const said = (form: FormData): Steps["expose"] =>
    run !== ""
      ? { run, comment: text(form, "comment") }
      : {
          from: timeIn(form, "from"),
          until: timeIn(form, "until"),
          volume_l: draws ? numberIn(form, "volume") : null,
          comment: text(form, "comment"),
        };
  const label = draws ? t("plate_do_draw") : one.kind === "settle" ? t("plate_do_expose") : t("plate_do_press");
  return (
    <Take one={one} took={took} step="expose" label={label} said={said}>
      {draws && found.length > 0 && <RunField found={found} run={run} choose={setRun} />}
      {draws && run === "" && <Volume planned={one.planned_volume_l} />}
      {run === "" && <OtherTime fields={liesOpen(one) ? ["from", "until"] : ["from"]} />}
      <Comment />
    </Take>
  );
}

function useRuns({ kind, device, code }: WholePlate): readonly SamplerRun[] {
  const [found, setFound] = useState<readonly SamplerRun[]>([]);
  useEffect(() => {
    if (kind === "active_air" && device !== "") runs(code).then(setFound, () => setFound([]));
  }, [kind, device, code]);
  return found;
}

function RunField({ found, run, choose }: { found: readonly SamplerRun[]; run: string; choose: (run: string) => void }) {
  return (
    <label class="field">
      {t("plate_run")}
      <select value={run} onChange={(event) => choose(event.currentTarget.value)} data-testid="plate-run">
        <option value="">{t("plate_run_none")}</option>
        {found.map((one) => (
          <option key={one.began} value={one.began} disabled={!one.is_good}>
            {when(one.began)} · {Math.round(one.volume_m3 * 1000)} L {one.is_good ? "" : t("plate_run_bad")}
          </option>
        ))}
      </select>
    </label>
  );
}

const Volume = ({ planned }: { planned: number | null }) => (
  <label class="field">
    {t("plate_volume")}
    <input name="volume" type="number" inputMode="decimal" min={1} max={10_000} step="any" defaultValue={planned === null ? "" : String(planned)} required />
  </label>
);

/** For what was done a while ago; empty: now. */
function OtherTime({ fields }: { fields: readonly ("from" | "until")[] }) {
  return (
    <details class="plate-times">
      <summary>{t("plate_at", { zone: zone() })}</summary>
      {fields.map((field) => (
        <label key={field} class="field">
          {field === "from" ? t("from") : t("until_head")}
          <input name={field} pattern={writtenTime} placeholder="2026-03-02 08:15" maxLength={19} autocomplete="off" />
        </label>
      ))}
    </details>
  );
}

const Comment = () => <input name="comment" aria-label={t("comment")} placeholder={t("comment")} maxLength={500} autocomplete="off" />;

function Collect({ one, took }: StepProps) {
  if (!may("take_samples")) return <NotYours />;
  const draws = one.kind === "active_air" && one.volume_l === null;
  const said = (form: FormData): Steps["collect"] => ({
    until: timeIn(form, "until"),
    volume_l: draws ? numberIn(form, "volume") : null,
    comment: text(form, "comment"),
  });
  return (
    <Take one={one} took={took} step="collect" label={t("plate_do_collect")} said={said}>
      {draws && <Volume planned={one.planned_volume_l} />}
      <OtherTime fields={["until"]} />
      <Comment />
    </Take>
  );
}

function Incubate({ one, took }: StepProps) {
  const number = nextIncubation(one);
  const planned = one.incubation[(number ?? 1) - 1];
  if (!may("take_samples") || number === undefined || !planned) return <NotYours />;
  const said = (form: FormData): Steps["incubate"] => ({
    step: number,
    lot: text(form, "lot").trim(),
    celsius: numberIn(form, "celsius"),
    incubator: text(form, "incubator").trim() || null,
    comment: "",
  });
  const { celsius_low: low, celsius_high: high, days_min: least, days_max: most } = planned;
  return (
    <>
      <p>{t("plate_step", { n: number, of: one.incubation.length, low, high, least, most })}</p>
      <Take one={one} took={took} step="incubate" label={t("plate_do_incubate")} said={said}>
        <Line name="lot" label={t("plate_lot")} value={one.lot} required />
        <label class="field">
          {t("plate_celsius")}
          <input name="celsius" type="number" inputMode="decimal" min={-20} max={80} step="any" />
        </label>
        <Line name="incubator" label={t("plate_incubator")} />
      </Take>
    </>
  );
}

interface LineProps {
  name: string;
  label: string;
  value?: string;
  required?: boolean;
}

const Line = ({ name, label, value = "", required = false }: LineProps) => (
  <label class="field">
    {label}
    <input name={name} maxLength={200} defaultValue={value} required={required} autocomplete="off" />
  </label>
);

// --- Read, verified, approved

function CountFields({ value = null, too_many = false }: { value?: number | null; too_many?: boolean }) {
  const [tooMany, setTooMany] = useState(too_many);
  return (
    <>
      <label class="field count">
        {t("plate_cfu")}
        <input name="cfu" type="number" inputMode="numeric" min={0} max={9999} step={1} defaultValue={value === null ? "" : String(value)} disabled={tooMany} required={!tooMany} />
      </label>
      <label class="tick">
        <input type="checkbox" name="too_many" checked={tooMany} onChange={(event) => setTooMany(event.currentTarget.checked)} /> {t("plate_too_many")}
      </label>
    </>
  );
}

const countIn = (form: FormData): Steps["verify"] =>
  form.get("too_many") === null ? { cfu: numberIn(form, "cfu"), too_many: false } : { cfu: null, too_many: true };
const nameIn = (form: FormData) => ({ organism: text(form, "organism").trim() || null, species: text(form, "species").trim() || null });

function Names({ one }: { one: WholePlate }) {
  return (
    <>
      <Line name="organism" label={t("plate_organism")} value={one.organism} />
      <Line name="species" label={t("plate_species")} value={one.species} />
    </>
  );
}

function Read({ one, took }: StepProps) {
  if (!may("read_plates")) return <NotYours />;
  const said = (form: FormData): Steps["read"] => ({ ...countIn(form), ...nameIn(form), comment: text(form, "comment") });
  return (
    <Take one={one} took={took} step="read" label={t("plate_do_read")} said={said}>
      <CountFields />
      <Names one={one} />
      <Comment />
    </Take>
  );
}

function Verify({ one, took }: StepProps) {
  if (isMe(one.read_by)) return <p data-testid="plate-own">{t("plate_own")}</p>;
  if (!may("verify_plates")) return <NotYours />;
  return (
    <Take one={one} took={took} step="verify" label={t("plate_do_verify")} said={countIn}>
      <CountFields />
    </Take>
  );
}

function Correct({ one, took }: StepProps) {
  if (!may("read_plates")) return <NotYours />;
  const said = (form: FormData): Steps["correct"] => ({ ...countIn(form), ...nameIn(form), reason: text(form, "reason") });
  return (
    <Take one={one} took={took} step="correct" label={t("plate_do_correct")} said={said}>
      <CountFields value={one.cfu} too_many={one.is_too_many} />
      <Names one={one} />
      <Reason />
    </Take>
  );
}

function Approve({ one, took }: StepProps) {
  if (isMe(one.read_by) || isMe(one.verified_by)) return <p data-testid="plate-third">{t("plate_third")}</p>;
  if (!may("approve_plates")) return <NotYours />;
  const act = async (form: FormData): Promise<void> => {
    await approve([one], text(form, "password"), text(form, "comment"));
    await took(await plate(one.code));
  };
  return (
    <Deed label={t("plate_do_approve")} testid="plate-approve" act={act}>
      <Comment />
      <SigningPassword />
    </Deed>
  );
}

// --- Put aside

const reasonIn = (form: FormData): Steps["reject"] => ({ reason: text(form, "reason") });

function Decide({ one, took }: StepProps) {
  if (!may("verify_plates") && !may("approve_plates")) return <NotYours />;
  return (
    <>
      <Take one={one} took={took} step="return" label={t("plate_do_return")} said={reasonIn}>
        <Reason />
      </Take>
      <Take one={one} took={took} step="reject" label={t("plate_do_reject")} said={reasonIn}>
        <Reason />
      </Take>
    </>
  );
}

/** What is possible, and nobody is asked for. */
export function OtherSteps({ one, took }: StepProps) {
  const corrects = one.read_by !== "" && one.may_become.includes("read") && one.todo !== "name" && !isBlind(one) && may("read_plates");
  const aside = one.may_become.includes("quarantined") && (may("take_samples") || may("approve_plates"));
  const gives_up = one.may_become.includes("rejected") && one.todo !== "decide" && (may("verify_plates") || may("approve_plates"));
  const replaces = one.kind === "settle" && one.exposed_from !== null && one.read_by === "" && may("take_samples");
  if (!corrects && !aside && !gives_up && !replaces) return null;
  return (
    <details class="unfolds plate-other">
      <summary data-testid="plate-other">{t("plate_other")}</summary>
      {replaces && <Take one={one} took={took} step="replace" label={t("plate_do_replace")} said={() => ({})} />}
      {corrects && <Correct one={one} took={took} />}
      {aside && (
        <Take one={one} took={took} step="quarantine" label={t("plate_do_quarantine")} said={reasonIn}>
          <Reason />
        </Take>
      )}
      {gives_up && (
        <Take one={one} took={took} step="reject" label={t("plate_do_reject")} said={reasonIn}>
          <Reason />
        </Take>
      )}
    </details>
  );
}
