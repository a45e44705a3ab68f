/** What people found and what stood behind a batch: plates, tests, instruments, stages, the plant, signatures. */

import type { Dossier, PlatePart } from "../dossier";
import { byVerdict, even, instrumentsOf } from "../dossier";
import { said, t } from "../i18n";
import { addressOfPlate } from "../plates";
import { when } from "./admin";
import { word } from "./batch-judged";
import { Folded, Part, Table } from "./batch-part";
import { InstrumentMark } from "./instrument-mark";
import { VerdictWord } from "./verdict";

const plateHeads = ["dossier_plate", "verdict", "dossier_taken", "result", "dossier_organism", "dossier_people"] as const;

/** What is held against the limits: in the unit of its kind, not as counted. */
function result({ value, unit, is_too_many }: PlatePart): string {
  if (is_too_many) return t("plate_too_many");
  return value === null ? "—" : `${even(value, Number.isInteger(value) ? 0 : 1)} ${unit}`;
}

export function Viable({ told }: { told: Dossier }) {
  const { exceptions, rest } = byVerdict(told.viable);
  const row = (one: PlatePart) => <Plate key={one.code} one={one} />;
  return (
    <Part name="dossier_viable" testid="dossier-viable">
      <Table of={plateHeads} rows={exceptions.map(row)} />
      <Folded name="dossier_viable_rest" n={rest.length} testid="dossier-viable-rest">
        <Table of={plateHeads} rows={rest.map(row)} />
      </Folded>
    </Part>
  );
}

function Plate({ one }: { one: PlatePart }) {
  return (
    <tr>
      <th scope="row">
        {said(one.label)}
        <small class="quiet">
          <a href={addressOfPlate(one.code)}>{one.code}</a> · {one.zone} · {one.grade}
        </small>
      </th>
      <td>
        <VerdictWord verdict={one.verdict} />
        <small>{word(`plate_state_${one.state}`, one.state)}</small>
      </td>
      <td>
        {word(`plate_kind_${one.kind}`, one.kind)}
        <small class="quiet">{one.exposed_from === null ? "" : when(one.exposed_from)}</small>
      </td>
      <td class="number">
        {result(one)}
        {one.is_changed && <small>{t("dossier_changed")}</small>}
        {one.is_late && <small class="quiet">{t("dossier_late")}</small>}
      </td>
      <td>
        {one.organism} <i>{one.species}</i>
      </td>
      <td>{[one.read_by, one.verified_by, one.approved_by].map((name) => name || "—").join(" / ")}</td>
    </tr>
  );
}

export function Tests({ told }: { told: Dossier }) {
  return (
    <Part name="dossier_tests" testid="dossier-tests">
      <Table
        of={["dossier_test", "book_at", "dossier_outcome", "result", "dossier_noted", "comment_short"]}
        rows={told.tests.map((one) => (
          <tr key={one.number}>
            <th scope="row">
              {word(`test_${one.kind}`, one.kind)} <small class="quiet">{`${one.equipment} · ${one.number}`}</small>
            </th>
            <td>{when(one.at)}</td>
            <td class={one.outcome === "passed" ? "" : "not-whole"}>{word(`outcome_${one.outcome}`, one.outcome)}</td>
            <td class="number">{one.value === null ? "" : `${even(one.value, 2)} ${one.unit}`}</td>
            <td>
              {one.noted_by} / {one.confirmed_by || <span class="not-whole">{t("dossier_unconfirmed")}</span>}
            </td>
            <td class="dossier-words">
              {one.load} {one.note}
            </td>
          </tr>
        ))}
      />
    </Part>
  );
}

export function Instruments({ told }: { told: Dossier }) {
  const heads = ["dossier_instrument", "instrument_state", "instrument_serial", "instrument_certificate", "instrument_due_on"] as const;
  return (
    <Part name="dossier_instruments" testid="dossier-instruments">
      <Table
        of={[...heads, "dossier_channels_n"]}
        rows={instrumentsOf(told.channels).map(({ instrument, channels }) => (
          <tr key={instrument.id}>
            <th scope="row">{instrument.id}</th>
            <td>
              <InstrumentMark state={instrument.state} /> {t(`instrument_${instrument.state}`)}
            </td>
            <td>{instrument.serial || "—"}</td>
            <td>{instrument.certificate || "—"}</td>
            <td>{instrument.due_on ?? "—"}</td>
            <td class="number">{channels}</td>
          </tr>
        ))}
      />
    </Part>
  );
}

export function Stages({ told }: { told: Dossier }) {
  return (
    <Part name="dossier_stages" testid="dossier-stages">
      <Table
        of={["dossier_stage", "from", "until_head", "dossier_who", "dossier_zones"]}
        rows={told.batch.stages.map((one) => (
          <tr key={one.began_at}>
            <th scope="row">
              {said(one.label)} {one.is_set_up && <small class="quiet">{t("dossier_set_up")}</small>}
            </th>
            <td>{when(one.began_at)}</td>
            <td>{one.ended_at === null ? "—" : when(one.ended_at)}</td>
            <td>{one.who}</td>
            <td>
              {one.zones.map((id) => {
                const zone = told.zones.find((each) => each.id === id);
                return <div key={id}>{zone ? `${said(zone.label)} · ${zone.grade} · ${id}` : id}</div>;
              })}
            </td>
          </tr>
        ))}
      />
    </Part>
  );
}

export function PlantPart({ told: { plant, clock } }: { told: Dossier }) {
  const rows = [
    ...plant.versions.map((one) => ({ at: one.since, what: `${t("proposal_plant")} ${one.sha256.slice(0, 8)} ${word(`version_${one.what}`, one.what)}`, who: [one.who, one.second].filter(Boolean).join(", ") })),
    ...plant.changes.map((one) => ({ ...one, what: said(one.what) })),
    ...clock.map((one) => ({ at: one.from, what: `${t("dossier_clock")} · ${said(one.text)}`, who: "" })),
  ];
  return (
    <Part name="dossier_plant" testid="dossier-plant">
      <Table
        of={["book_at", "dossier_what", "dossier_who"]}
        rows={rows.map((one) => (
          <tr key={`${one.at} ${one.what}`}>
            <td>{when(one.at)}</td>
            <td class="dossier-words">{one.what}</td>
            <td>{one.who}</td>
          </tr>
        ))}
      />
    </Part>
  );
}

export function Signatures({ told }: { told: Dossier }) {
  return (
    <Part name="dossier_signatures" testid="dossier-signatures">
      <Table
        of={["dossier_who", "book_at", "dossier_meaning", "dossier_of", "dossier_stands"]}
        rows={told.signatures.map((one) => (
          <tr key={one.id}>
            <th scope="row">{t("dossier_signed", { name: one.name, who: one.who, role: word(`role_${one.role}`, one.role) })}</th>
            <td>{when(one.at)}</td>
            <td>{word(`meaning_${one.meaning}`, one.meaning)}</td>
            <td>{one.of}</td>
            <td class={one.holds === false ? "not-whole" : ""}>{t(one.holds === null ? "holds_none" : one.holds ? "holds_yes" : "holds_no")}</td>
          </tr>
        ))}
      />
    </Part>
  );
}
