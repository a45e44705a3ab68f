/** One instrument unfolded: what waits for a second person, everything that was ever said of it, and a new entry. */

import { useEffect, useState } from "preact/hooks";
import { confirmInstrument, instrumentHistory, noteInstrument } from "../api";
import type { Instrument, InstrumentEntry, InstrumentFacts } from "../api-types";
import { dateTime } from "../format";
import { t } from "../i18n";
import { index, may, person } from "../store";
import { DayField } from "./day-field";
import { Deed, text } from "./deed";

interface CardProps {
  one: Instrument;
  today: string;
  changed: () => Promise<void>;
}

export function InstrumentCard({ one, today, changed }: CardProps) {
  const [entries, setEntries] = useState<readonly InstrumentEntry[]>([]);
  const { entry, waiting } = one;
  useEffect(() => {
    instrumentHistory(one.id).then(setEntries, () => setEntries([]));
  }, [one.id, entry?.number, waiting?.number]);
  const keeps = may("keep_instruments");
  return (
    <div class="instrument-card" data-testid={`instrument-card-${one.id}`}>
      {waiting && may("confirm_instruments") && <Confirm waiting={waiting} changed={changed} />}
      <section>
        <h3>{t("instrument_history")}</h3>
        <ul class="instrument-history">
          {entries.map((said) => (
            <Said key={said.number} said={said} counts={said.number === entry?.number} waits={said.number === waiting?.number} />
          ))}
        </ul>
      </section>
      {keeps && <NewEntry key={waiting?.number ?? entry?.number} one={one} today={today} changed={changed} />}
    </div>
  );
}

function Confirm({ waiting, changed }: { waiting: InstrumentEntry; changed: () => Promise<void> }) {
  if (waiting.noted_by === person.value?.name) return <p data-testid="instrument-own">{t("instrument_own")}</p>;
  const act = async (form: FormData): Promise<void> => {
    await confirmInstrument(waiting.number, text(form, "comment"));
    await changed();
  };
  return (
    <section>
      <h3>{t("instrument_waits")}</h3>
      <Facts of={waiting} />
      <Deed label={t("instrument_confirm")} testid="instrument-confirm" act={act}>
        <input name="comment" aria-label={t("comment")} placeholder={t("comment_short")} maxLength={500} />
      </Deed>
    </section>
  );
}

const time = (at: string): string => dateTime(Date.parse(at), index.peek()?.plant.time_zone ?? "UTC");

function Said({ said, counts, waits }: { said: InstrumentEntry; counts: boolean; waits: boolean }) {
  const standing = counts ? t("instrument_counts") : waits ? t("instrument_waits") : "";
  return (
    <li data-testid={`instrument-entry-${said.number}`}>
      <b>{standing}</b> <Facts of={said} />
      <p class="quiet">
        {said.reason} · {t("instrument_noted", { who: said.noted_by, time: time(said.noted_at) })} ·{" "}
        {said.confirmed_at !== null && t("instrument_confirmed", { who: said.confirmed_by, time: time(said.confirmed_at) })}
        {said.confirmed_at === null && !waits && t("instrument_void")}
      </p>
    </li>
  );
}

const facts = ["since", "category", "serial", "certificate", "calibrated_on", "due_on", "iq_on", "oq_on", "pq_on", "qualified_until"] as const;

function Facts({ of }: { of: InstrumentFacts }) {
  return (
    <dl class="instrument-facts">
      {facts.map((fact) => (
        <div key={fact}>
          <dt>{t(`instrument_${fact}`)}</dt>
          <dd>{of[fact] ?? "—"}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What is said from now on; it begins with what was said last, so that only what is new is typed. */
function NewEntry({ one, today, changed }: CardProps) {
  const last = one.waiting ?? one.entry;
  const act = async (form: FormData): Promise<void> => {
    const day = (field: string): string | null => text(form, field) || null;
    await noteInstrument({
      instrument: one.id,
      since: text(form, "since"),
      category: text(form, "category") as InstrumentFacts["category"],
      serial: text(form, "serial"),
      certificate: text(form, "certificate"),
      calibrated_on: text(form, "calibrated_on"),
      due_on: day("due_on"),
      iq_on: day("iq_on"),
      oq_on: day("oq_on"),
      pq_on: day("pq_on"),
      qualified_until: day("qualified_until"),
      reason: text(form, "reason"),
    });
    await changed();
  };
  return (
    <details class="instrument-new">
      <summary data-testid="instrument-new">{t("instrument_new")}</summary>
      <Deed label={t("instrument_note")} testid="instrument-note" act={act}>
        <Day field="since" value={today} max={today} required />
        <label>
          {t("instrument_category")}
          <select name="category" defaultValue={last?.category ?? "A"}>
            {(["A", "B", "C"] as const).map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <Word field="serial" value={last?.serial ?? ""} />
        <Word field="certificate" value={last?.certificate ?? ""} />
        <Day field="calibrated_on" value={last?.calibrated_on ?? ""} max={today} required />
        <Day field="due_on" value={last?.due_on ?? ""} />
        <Day field="iq_on" value={last?.iq_on ?? ""} max={today} />
        <Day field="oq_on" value={last?.oq_on ?? ""} max={today} />
        <Day field="pq_on" value={last?.pq_on ?? ""} max={today} />
        <Day field="qualified_until" value={last?.qualified_until ?? ""} />
        <Word field="reason" value="" min={3} max={500} />
      </Deed>
    </details>
  );
}

interface FieldProps {
  field: (typeof facts)[number] | "reason";
  value: string;
}

function Word({ field, value, min = 1, max = 100 }: FieldProps & { min?: number; max?: number }) {
  return (
    <label>
      {t(`instrument_${field}`)}
      <input name={field} defaultValue={value} minLength={min} maxLength={max} required />
    </label>
  );
}

function Day({ field, value, max = "2199-12-31", required = false }: FieldProps & { max?: string; required?: boolean }) {
  return (
    <label>
      {t(`instrument_${field}`)}
      <DayField name={field} value={value} max={max} required={required} />
    </label>
  );
}
