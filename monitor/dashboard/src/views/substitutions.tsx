/** Who has whose turn for a while: noted with a reason, and taken back with one. */

import { substitute, takeBack, type DutyNow } from "../duty";
import { said, t } from "../i18n";
import { writtenTime } from "../period";
import { may } from "../store";
import { Heads, Reason, when } from "./admin";
import { Deed, instantIn, text } from "./deed";
import { nameOf } from "./duty";

interface Props {
  told: DutyNow;
  again: () => Promise<void>;
}

export function Substitutions({ told, again }: Props) {
  const mayNote = may("substitute") || may("substitute_anybody");
  return (
    <section data-testid="substitutions">
      <h3>{t("duty_substitutions")}</h3>
      {told.substitutions.length === 0 ? <p class="quiet">{t("none")}</p> : <Noted told={told} again={again} mayNote={mayNote} />}
      {mayNote && told.collector && <Note told={told} again={again} />}
    </section>
  );
}

function Noted({ told, again, mayNote }: Props & { mayNote: boolean }) {
  return (
    <table class="admin-table">
      <Heads of={["duty_rotation", "duty_begins", "duty_ends", "duty_person", "reason", "duty_take_back"]} />
      <tbody>
        {told.substitutions.map((one, place) => (
          <tr key={`${one.rotation} ${one.begins} ${one.person}`} data-testid={`substitution-${place}`}>
            <td>{labelOf(one.rotation, told)}</td>
            <td>{when(one.begins)}</td>
            <td>{when(one.ends)}</td>
            <td>{nameOf(one.person, told.people)}</td>
            <td>
              {one.reason} <span class="quiet">{t("duty_noted_by", { who: nameOf(one.noted_by, told.people) })}</span>
            </td>
            <td>
              {mayNote && (
                <Deed label={t("duty_take_back")} testid={`take-back-${place}`} act={(form) => takeBack(one, text(form, "reason")).then(again)}>
                  <Reason />
                </Deed>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function labelOf(rotation: string, told: DutyNow): string {
  const found = told.rotations.find(({ id }) => id === rotation);
  return found ? said(found.label) : rotation;
}

function Note({ told, again }: Props) {
  const act = async (form: FormData): Promise<void> => {
    const [rotation, person, reason] = [text(form, "rotation"), text(form, "person"), text(form, "reason")];
    await substitute({ rotation, person, reason, begins: instantIn(form, "begins"), ends: instantIn(form, "ends") });
    await again();
  };
  return (
    <>
      <h3>{t("duty_note")}</h3>
      <p class="quiet">{t("duty_note_rule")}</p>
      <Deed label={t("duty_note")} testid="substitute" act={act}>
        <select name="rotation" aria-label={t("duty_rotation")} required>
          {told.rotations.map((one) => (
            <option key={one.id} value={one.id}>
              {said(one.label)}
            </option>
          ))}
        </select>
        <Time name="begins" />
        <Time name="ends" />
        <select name="person" aria-label={t("duty_person")} required>
          {told.people.map((one) => (
            <option key={one.id} value={one.id}>
              {one.display}
            </option>
          ))}
        </select>
        <Reason />
      </Deed>
    </>
  );
}

function Time({ name }: { name: "begins" | "ends" }) {
  const label = t(`duty_${name}`);
  return (
    <input name={name} aria-label={label} placeholder={`${label} 2026-11-21 20:00`} pattern={writtenTime} maxLength={19} autocomplete="off" required data-testid={`substitute-${name}`} />
  );
}
