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
  const mine = one.reset_by.flatMap((role, place) => (person.value?.signs_as.includes(role) ? [place] : []));
  const [chosen, setOwn] = useState(mine[0]);
  const own = chosen ?? mine[0];
  if (own === undefined) return <p data-testid={`end-${one.id}-others`}>{t("end_others")}</p>;
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
          {mine.map((place) => (
            <option key={place} value={place}>
              {roleName(one.reset_by[place] ?? "")}
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
