/** The register of instruments: how each stands, worst first; one unfolds to its history, a new entry, a confirmation. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { Refusal, instruments as ask } from "../api";
import type { Instrument, InstrumentList } from "../api-types";
import { counted, daysLeft, differs, listed } from "../instruments";
import { said, t } from "../i18n";
import { InstrumentCard } from "./instrument";
import { InstrumentMark } from "./instrument-mark";

const register = signal<InstrumentList | null>(null);
const failure = signal("");

async function load(): Promise<void> {
  try {
    register.value = await ask();
    failure.value = "";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    failure.value = error.status === 0 ? t("not_reached") : error.message;
  }
}

export function InstrumentsPage() {
  const [words, setWords] = useState("");
  const [only, setOnly] = useState(false);
  useEffect(() => void load(), []);
  const all = register.value?.instruments ?? [];
  const rows = listed(all, words, only);
  return (
    <section class="panel device-page instruments" aria-label={t("instruments")} data-testid="instruments-page">
      <h2>
        <a class="back" href="#/" data-testid="whole-plant">
          ‹ {t("whole_plant")}
        </a>
        {t("instruments")}{" "}
        <span class="quiet">{register.value && t("instruments_on", { day: register.value.on })}</span>
      </h2>
      <div class="instruments-head">
        <input
          type="search"
          aria-label={t("instruments_search")}
          placeholder={t("instruments_search")}
          data-testid="instruments-search"
          value={words}
          onInput={(event) => setWords(event.currentTarget.value)}
        />
        <label>
          <input
            type="checkbox"
            checked={only}
            data-testid="instruments-only"
            onChange={(event) => setOnly(event.currentTarget.checked)}
          />{" "}
          {t("instruments_only")}
        </label>
        <output class="quiet" data-testid="instruments-found">
          {t("instruments_found", { n: rows.length, of: all.length })}
        </output>
        <Counts all={all} />
      </div>
      <p class="failure" role="alert">
        {failure}
      </p>
      {rows.length > 0 && <Table rows={rows} today={register.value?.on ?? ""} />}
      {rows.length === 0 && register.value && <p class="quiet">{t("instruments_none")}</p>}
    </section>
  );
}

function Counts({ all }: { all: readonly Instrument[] }) {
  return (
    <ul class="instrument-counts">
      {counted(all).map(([state, n]) => (
        <li key={state}>
          <InstrumentMark state={state} /> <b>{n}</b> {t(`instrument_${state}`)}
        </li>
      ))}
    </ul>
  );
}

const columns = [
  "instrument_state",
  "instrument",
  "instrument_category",
  "instrument_serial",
  "instrument_certificate",
  "instrument_calibrated_on",
  "instrument_due_on",
  "instrument_qualified",
] as const;

function Table({ rows, today }: { rows: readonly Instrument[]; today: string }) {
  const [open, setOpen] = useState("");
  return (
    <table class="admin-table instrument-table">
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {t(column)}
            </th>
          ))}
        </tr>
      </thead>
      {rows.map((one) => (
        <tbody key={one.id} data-testid={`instrument-${one.id}`} class={one.id === open ? "chosen" : ""}>
          <Row one={one} open={one.id === open} toggle={() => setOpen(one.id === open ? "" : one.id)} />
          {one.id === open && (
            <tr>
              <td colSpan={columns.length}>
                <InstrumentCard one={one} today={today} changed={load} />
              </td>
            </tr>
          )}
        </tbody>
      ))}
    </table>
  );
}

function Row({ one, open, toggle }: { one: Instrument; open: boolean; toggle: () => void }) {
  const entry = one.entry;
  return (
    <tr>
      <td class={`instrument-state ${one.state}`} data-testid={`instrument-state-${one.id}`}>
        <InstrumentMark state={one.state} /> {t(`instrument_${one.state}`)}
        {one.waiting && <small>{t("instrument_waits")}</small>}
      </td>
      <th scope="row">
        <button class="link" aria-expanded={open} data-testid={`instrument-open-${one.id}`} onClick={toggle}>
          {said(one.label)}
        </button>{" "}
        <small class="quiet">{one.id}</small>
      </th>
      <td>{entry?.category}</td>
      <td>{entry?.serial}</td>
      <td>{entry?.certificate}</td>
      <td>{entry?.calibrated_on}</td>
      <td>
        {entry && (entry.due_on ?? t("instrument_once"))} <small class="quiet">{daysLeft(one.days_left)}</small>
        {differs(one) && <small class="told">{t("instrument_told_due_on", { day: one.told_due_on ?? "" })}</small>}
      </td>
      <td>{entry && <Done one={one} />}</td>
    </tr>
  );
}

/** Which of the three are done: a sign that says so without colour; and until when they hold. */
function Done({ one }: { one: Instrument }) {
  const days = [one.entry?.iq_on, one.entry?.oq_on, one.entry?.pq_on];
  return (
    <>
      {(["IQ", "OQ", "PQ"] as const).map((name, place) => (
        <span key={name} class={days[place] ? "done" : "not-done"} title={days[place] ?? ""}>
          {name} {days[place] ? "✓" : "✗"}{" "}
        </span>
      ))}
      {one.entry?.qualified_until && (
        <small class="quiet" data-testid={`instrument-qualified-${one.id}`}>
          {t("instrument_until", { day: one.entry.qualified_until })} {daysLeft(one.qualified_days_left)}
        </small>
      )}
    </>
  );
}
