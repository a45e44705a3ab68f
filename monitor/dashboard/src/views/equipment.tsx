/** Tests of equipment: what waits for a second person, what batches need, a test noted, and those of a month. */

import { useEffect, useState } from "preact/hooks";
import { byNeed, confirmTest, testsOf, type AskedTest, type OneTest } from "../batches";
import { duration } from "../format";
import { said, t } from "../i18n";
import { index, may, person, server_s } from "../store";
import { useLive } from "../use-live";
import { AdminPage, Heads, nowOnce_ms, when } from "./admin";
import { useAsked } from "./asked";
import { Deed, text } from "./deed";
import { NoteTest, type Begun } from "./equipment-note";

const days = 30;
const again_ms = 10_000;

export function EquipmentPage() {
  const { told, failure, again } = useAsked(() => testsOf(days, nowOnce_ms()));
  const [begun, setBegun] = useState<Begun | null>(null);
  useEffect(() => {
    const asking = setInterval(() => void again(), again_ms);
    return () => clearInterval(asking);
  }, [again]);
  return (
    <AdminPage name="equipment" testid="equipment-page" failure={failure}>
      {told && (
        <>
          {told.waiting.length > 0 && <Waiting waiting={told.waiting} again={again} />}
          <Asked asked={told.asked} begin={setBegun} />
          {may("note_test") && <NoteTest key={begun?.key} begun={begun} told={told} again={again} />}
          <Last tests={told.tests} />
        </>
      )}
    </AdminPage>
  );
}

export const labelOf = (equipment: string): string => {
  const device = index.value?.devices.get(equipment);
  return device ? said(device.label) : equipment;
};

function Asked({ asked, begin }: { asked: readonly AskedTest[]; begin: (begun: Begun) => void }) {
  return (
    <section data-testid="equipment-asked">
      <h3>{t("equipment_asked")}</h3>
      {asked.length === 0 && <p class="quiet">{t("equipment_asked_none")}</p>}
      {asked.length > 0 && (
        <div class="scrolls">
          <table class="admin-table tests-asked">
            <Heads of={["batch_line", "equipment_what", "equipment_of", "equipment_standing", "equipment_note"]} />
            <tbody>
              {[...asked].sort(byNeed).map((one) => (
                <tr key={one.id} data-testid={`asked-${one.id}`}>
                  <td>{one.lines.join(", ")}</td>
                  <th scope="row">{t(`test_${one.kind}`)}</th>
                  <td>
                    {labelOf(one.equipment)} <small class="quiet">{one.equipment}</small>
                  </td>
                  <td>
                    <Standing one={one} />
                  </td>
                  <td>
                    {may("note_test") && (
                      <button
                        class="plain big"
                        aria-label={`${t("equipment_note_now")}: ${t(`test_${one.kind}`)} ${one.equipment}`}
                        data-testid={`note-${one.id}`}
                        onClick={() => begin({ kind: one.kind, equipment: one.equipment, key: `${one.id} ${nowOnce_ms()}` })}
                      >
                        {t("equipment_note_now")}
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Standing({ one: { lacking, until } }: { one: AskedTest }) {
  const long = useLive(() => (until === null ? "" : duration(Math.max(0, Date.parse(until) / 1000 - (server_s.value ?? 0)))), [until]);
  if (lacking !== null) return <span class="batch-bad">✗ {said(lacking)}</span>;
  if (until === null) return <>✓ {t("equipment_holds_on")}</>;
  return <>✓ {t("equipment_holds", { time: when(until).slice(0, 16), long: long.value })}</>;
}

function Waiting({ waiting, again }: { waiting: readonly OneTest[]; again: () => Promise<void> }) {
  return (
    <section data-testid="equipment-waiting">
      <h3>{t("equipment_waiting")}</h3>
      <ul class="tests-waiting">
        {waiting.map((one) => (
          <li key={one.number} data-testid={`waiting-${one.number}`}>
            <p>
              <b>
                {one.number} · {t(`test_${one.kind}`)}
              </b>{" "}
              {labelOf(one.equipment)} <small class="quiet">{one.equipment}</small> · {when(one.at).slice(0, 16)} · <Result one={one} /> <span class="quiet">{factsOf(one)} · {one.noted_by}</span>
            </p>
            {may("confirm_test") && <Confirm one={one} again={again} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Confirm({ one, again }: { one: OneTest; again: () => Promise<void> }) {
  if (one.noted_by.toLowerCase() === person.value?.name.toLowerCase()) return <p class="quiet">{t("equipment_own")}</p>;
  return (
    <Deed label={t("equipment_confirm")} testid={`confirm-${one.number}`} act={(form) => confirmTest(one.number, text(form, "comment")).then(again)}>
      <input name="comment" aria-label={t("comment")} placeholder={t("comment_short")} maxLength={500} />
    </Deed>
  );
}

function Result({ one: { outcome, value, unit } }: { one: OneTest }) {
  const measured = value === null || value === undefined ? "" : ` ${value} ${unit ?? ""}`;
  return (
    <span class={outcome === "failed" ? "batch-bad" : ""}>
      {t(`outcome_${outcome}`)}
      {measured}
    </span>
  );
}

const factsOf = ({ load, of, batch, cycle_no, note }: OneTest): string =>
  [
    load,
    of ? `${t("equipment_of_load")} ${of}` : "",
    cycle_no === null || cycle_no === undefined ? "" : `${t("equipment_cycle")} ${cycle_no}`,
    batch ? `${t("batch")} ${batch}` : "",
    note,
  ]
    .filter((part) => part)
    .join(" · ");

function Last({ tests }: { tests: readonly OneTest[] }) {
  return (
    <section data-testid="equipment-last">
      <h3>{t("equipment_last")}</h3>
      {tests.length === 0 && <p class="quiet">{t("none")}</p>}
      {tests.length > 0 && (
        <div class="scrolls">
          <table class="admin-table">
            <Heads of={["equipment_what", "equipment_of", "equipment_at", "equipment_outcome", "equipment_words", "equipment_by"]} />
            <tbody>
              {tests.map((one) => (
                <tr key={one.number} data-testid={`test-${one.number}`}>
                  <th scope="row">
                    {one.number} · {t(`test_${one.kind}`)}
                  </th>
                  <td>
                    {labelOf(one.equipment)} <small class="quiet">{one.equipment}</small>
                  </td>
                  <td>{when(one.at).slice(0, 16)}</td>
                  <td>
                    <Result one={one} />
                  </td>
                  <td>{factsOf(one)}</td>
                  <td class={one.confirmed_at === null ? "batch-bad" : "quiet"}>
                    {one.confirmed_at === null
                      ? t("equipment_is_waiting", { by: one.noted_by })
                      : t("equipment_is_confirmed", { by: one.noted_by, who: one.confirmed_by })}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
