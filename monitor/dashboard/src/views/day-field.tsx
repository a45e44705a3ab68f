/** A day that a person types, in the order of ISO and by the plant's clock: a browser's own field goes by its language. */

import { t } from "../i18n";
import { isDay, writtenDay } from "../period";
import { zone } from "./admin";

interface DayProps {
  name: string;
  value?: string;
  /** The first and the last day that are taken. */
  min?: string;
  max?: string;
  required?: boolean;
  testid?: string;
}

export function DayField({ name, value = "", min = "1950-01-01", max = "2199-12-31", required = false, testid }: DayProps) {
  const look = ({ currentTarget: field }: { currentTarget: HTMLInputElement }): void => field.setCustomValidity(wrong(field.value, min, max));
  return (
    <span class="day-field">
      {/* Its type is written out: what a deed forgets once it is done are words, not days. */}
      <input
        name={name}
        type="text"
        defaultValue={value}
        pattern={writtenDay}
        placeholder="YYYY-MM-DD"
        maxLength={10}
        autocomplete="off"
        required={required}
        onInput={look}
        data-testid={testid}
      />
      <small class="quiet">{t("day_by", { zone: zone() })}</small>
    </span>
  );
}

/** What is wrong with a day, in the language of the screen; "" where nothing is. */
function wrong(written: string, min: string, max: string): string {
  if (written === "") return "";
  if (!isDay(written)) return t("day_wrong");
  return written < min || written > max ? t("day_between", { min, max }) : "";
}
