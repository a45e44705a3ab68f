/** Plans the plates of a batch (those that run are offered), or of a shift of a day: those that are not planned yet. */

import { useState } from "preact/hooks";
import { said, t } from "../i18n";
import { plan } from "../plates";
import { batches, index } from "../store";
import { today } from "./admin";
import { DayField } from "./day-field";
import { Deed, text } from "./deed";

export function PlatePlan({ changed }: { changed: () => Promise<void> }) {
  const [made, setMade] = useState<number | null>(null);
  const planned = async (new_plates: Promise<number>): Promise<void> => {
    setMade(null);
    setMade(await new_plates);
    await changed();
  };
  return (
    <details class="unfolds plate-plan">
      <summary data-testid="plates-plan">{t("plates_plan")}</summary>
      <div class="plan-forms">
        <Deed label={t("plates_plan_day")} testid="plan-day" act={(form) => planned(plan({ day: text(form, "day"), shift: Number(text(form, "shift")) }))}>
          <label class="field">
            {t("plates_day")}
            <DayField name="day" value={today()} required />
          </label>
          <label class="field">
            {t("plates_shift")}
            <Shift />
          </label>
        </Deed>
        <Deed label={t("plates_plan_batch")} testid="plan-batch" act={(form) => planned(plan({ batch: text(form, "batch").trim(), shift: 1 }))}>
          <label class="field">
            {t("batch")}
            <input name="batch" maxLength={40} required list="plan-running" />
            <datalist id="plan-running" data-testid="plan-running">
              {[...batches.value.values()].map(({ id }) => (
                <option key={id} value={id} />
              ))}
            </datalist>
          </label>
        </Deed>
        <output data-testid="plan-made">{made !== null && (made > 0 ? t("plates_planned", { n: made }) : t("plates_planned_none"))}</output>
      </div>
    </details>
  );
}

/** By its name, where the plant has names for them; else by its number. */
function Shift() {
  const shifts = index.value?.plant.shifts ?? [];
  if (shifts.length === 0) return <input name="shift" type="number" min={1} max={6} defaultValue="1" required />;
  return (
    <select name="shift" data-testid="plan-shift">
      {shifts.map(({ id, label, starts }, place) => (
        <option key={id} value={place + 1}>
          {said(label)} {starts.slice(0, 5)}
        </option>
      ))}
    </select>
  );
}
