/** Ending a latched protective action: each role signs, who is signed in as one of them, the others with their passwords. */

import { useState } from "preact/hooks";
import { end } from "../api";
import type { Protection } from "../api-types";
import { isKey, t } from "../i18n";
import { person } from "../store";
import { Deed, PersonFields, personIn, text } from "./deed";

export function roleName(role: string): string {
  const key = `role_${role}`;
  return isKey(key) ? t(key) : role;
}

export function End({ one }: { one: Protection }) {
  const [own, setOwn] = useState(0);
  const others = one.reset_by.map((role, place) => ({ role, field: `person-${place}` })).filter((_, place) => place !== own);
  const act = (form: FormData): Promise<void> => {
    const signed = others.map(({ role, field }) => ({ role, person: personIn(form, field) }));
    return end(one.id, one.reset_by[own] ?? "", signed, text(form, "comment"));
  };
  return (
    <Deed label={t("end")} testid={`end-${one.id}`} act={act}>
      <label>
        {t("signs_as", { who: person.value?.name ?? "" })}{" "}
        <select value={own} onChange={(event) => setOwn(Number(event.currentTarget.value))} data-testid={`role-${one.id}`}>
          {one.reset_by.map((role, place) => (
            <option key={place} value={place}>
              {roleName(role)}
            </option>
          ))}
        </select>
      </label>
      {others.map(({ role, field }) => (
        <PersonFields key={field} field={field} label={roleName(role)} />
      ))}
      <input name="comment" aria-label={t("comment")} placeholder={t("comment_short")} maxLength={500} />
    </Deed>
  );
}
