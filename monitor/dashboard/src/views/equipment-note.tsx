/** A test of equipment noted: what is known already stands there, so that little has to be typed. */

import { useEffect, useRef, useState } from "preact/hooks";
import { isOfLoad, noteTest, outcomes, testKinds, usualUnit, type EquipmentTests, type NewTest, type OneTest, type TestKind } from "../batches";
import { dateTime } from "../format";
import { said, t } from "../i18n";
import { writtenTime } from "../period";
import { batches, index, readingOf } from "../store";
import { nowOnce_ms, zone } from "./admin";
import { Deed, instantIn, text } from "./deed";
import { labelOf } from "./equipment";

/** What is to be noted, as somebody has chosen it; `key` is another one each time. */
export interface Begun {
  kind: TestKind;
  equipment: string;
  key: string;
}

interface NoteProps {
  begun: Begun | null;
  told: EquipmentTests;
  again: () => Promise<void>;
}

export function NoteTest({ begun, told, again }: NoteProps) {
  const first = told.asked[0];
  const [kind, setKind] = useState<TestKind>(begun?.kind ?? first?.kind ?? "glove");
  const [equipment, setEquipment] = useState(begun?.equipment ?? first?.equipment ?? index.peek()?.plant.devices[0]?.id ?? "");
  const [noted, setNoted] = useState("");
  const [times, setTimes] = useState(0);
  const here = useRef<HTMLElement>(null);
  useEffect(() => {
    if (begun) here.current?.scrollIntoView({ block: "center" });
  }, []);
  const act = async (form: FormData): Promise<void> => {
    await noteTest(testIn(form, kind, equipment));
    setNoted(`${t(`test_${kind}`)} ${equipment}`);
    setTimes((before) => before + 1);
    await again();
  };
  return (
    <section class="test-note" data-testid="equipment-note" ref={here}>
      <h3>{t("equipment_note")}</h3>
      <Deed key={times} label={t("equipment_note_now")} testid="test-note" act={act}>
        <label class="field">
          {t("equipment_what")}
          <select name="kind" value={kind} onChange={(event) => setKind(event.currentTarget.value as TestKind)}>
            {testKinds.map((one) => (
              <option key={one} value={one}>
                {t(`test_${one}`)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          {t("equipment_of")}
          <EquipmentSelect told={told} value={equipment} choose={setEquipment} />
        </label>
        <fieldset class="outcomes">
          <legend>{t("equipment_outcome")}</legend>
          {outcomes.map((one) => (
            <label key={one} class="tick">
              <input type="radio" name="outcome" value={one} required /> {t(`outcome_${one}`)}
            </label>
          ))}
        </fieldset>
        {!isOfLoad(kind) && kind !== "vhp_load" && <Measured key={kind} kind={kind} />}
        {kind === "vhp_load" && <Load key={equipment} equipment={equipment} />}
        {isOfLoad(kind) && <OfLoad loads={told.tests.filter((one) => one.kind === "vhp_load" && one.equipment === equipment)} />}
        <label class="field">
          {t("equipment_at_in", { zone: zone() })}
          <input name="at" defaultValue={dateTime(nowOnce_ms(), zone()).slice(0, 16)} pattern={writtenTime} maxLength={19} autocomplete="off" required />
        </label>
        <label class="field">
          {t("equipment_batch")}
          <input name="batch" key={equipment} defaultValue={batchOf(equipment)} maxLength={40} pattern="[A-Za-z0-9][A-Za-z0-9._\-]*" autocomplete="off" />
        </label>
        <label class="field">
          {t("equipment_words")}
          <input name="note" maxLength={500} autocomplete="off" />
        </label>
      </Deed>
      <p role="status" data-testid="test-noted">
        {noted !== "" && `✓ ${t("equipment_noted", { what: noted })}`}
      </p>
    </section>
  );
}

function EquipmentSelect({ told, value, choose }: { told: EquipmentTests; value: string; choose: (id: string) => void }) {
  const asked = [...new Set(told.asked.map(({ equipment }) => equipment))];
  const others = index.value?.plant.devices.filter(({ id }) => !asked.includes(id)) ?? [];
  return (
    <select name="equipment" value={value} onChange={(event) => choose(event.currentTarget.value)}>
      {asked.map((id) => (
        <option key={id} value={id}>
          {id} · {labelOf(id)}
        </option>
      ))}
      <optgroup label={t("equipment_others")}>
        {others.map(({ id, label }) => (
          <option key={id} value={id}>
            {id} · {said(label)}
          </option>
        ))}
      </optgroup>
    </select>
  );
}

function Measured({ kind }: { kind: TestKind }) {
  return (
    <>
      <label class="field">
        {t("value")}
        <input name="value" inputMode="decimal" pattern="-?\d+([.,]\d+)?" maxLength={12} size={8} autocomplete="off" />
      </label>
      <label class="field">
        {t("equipment_unit")}
        <input name="unit" defaultValue={usualUnit[kind]} maxLength={20} size={8} autocomplete="off" />
      </label>
    </>
  );
}

/** The machine's own number of its last cycle stands there already, where it tells one. */
function Load({ equipment }: { equipment: string }) {
  const channels = index.value?.devices.get(equipment)?.series.flatMap((one) => one.channels) ?? [];
  const cycle = index.value?.channels.get(channels.find(({ key }) => key.endsWith("cycle_no"))?.id ?? "");
  const told = cycle && readingOf(cycle).peek().value;
  return (
    <>
      <label class="field">
        {t("equipment_load")}
        <input name="load" maxLength={500} autocomplete="off" required />
      </label>
      <label class="field">
        {t("equipment_cycle")}
        <input name="cycle_no" inputMode="numeric" pattern="\d*" defaultValue={told ?? ""} maxLength={12} size={8} autocomplete="off" />
      </label>
    </>
  );
}

function OfLoad({ loads }: { loads: readonly OneTest[] }) {
  if (loads.length === 0) return <p class="failure">{t("equipment_no_load")}</p>;
  return (
    <label class="field">
      {t("equipment_of_load")}
      <select name="of">
        {loads.map(({ number, at, load }) => (
          <option key={number} value={number}>
            {number} · {dateTime(Date.parse(at), zone()).slice(0, 16)} · {load}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The batch that runs where the equipment stands. */
const batchOf = (equipment: string): string => batches.peek().get(index.peek()?.devices.get(equipment)?.line ?? "")?.id ?? "";

function testIn(form: FormData, kind: TestKind, equipment: string): NewTest {
  const number = (field: string): number | null => (text(form, field) === "" ? null : Number(text(form, field).replace(",", ".")));
  return {
    kind,
    equipment,
    at: instantIn(form, "at"),
    outcome: outcomes.find((one) => one === text(form, "outcome")) ?? "pending",
    value: number("value"),
    unit: number("value") === null ? "" : text(form, "unit"),
    load: text(form, "load"),
    of: number("of"),
    batch: text(form, "batch") || null,
    cycle_no: number("cycle_no"),
    note: text(form, "note"),
  };
}
