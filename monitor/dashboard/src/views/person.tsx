/** One account unfolded: what its keeper does about it, and what quality notes of its training. */

import { disable, giveRole, linkSubject, noteTraining, resetPassword, unlock, type OnePerson, type OneTraining, type Role, type Subject } from "../admin";
import { otherSignIn } from "../api";
import { t } from "../i18n";
import { subjects } from "../people";
import { may, person } from "../store";
import { Reason, today, when } from "./admin";
import { useAsked } from "./asked";
import { DayField } from "./day-field";
import { Deed, text } from "./deed";
import { RoleChoice } from "./people";
import type { Secret } from "./secret";

interface CardProps {
  one: OnePerson;
  trained: ReadonlyMap<string, OneTraining>;
  again: () => Promise<void>;
  show: (secret: Secret) => void;
}

export function PersonCard({ one, trained, again, show }: CardProps) {
  const own = one.name === person.value?.name;
  return (
    <div class="admin-card" data-testid={`person-card-${one.name}`}>
      <p class="quiet">{t("person_since", { time: when(one.created_at) })}</p>
      {own && <p data-testid="person-own">{t("person_own")}</p>}
      {!own && !one.disabled && may("keep_people") && <Account one={one} again={again} show={show} />}
      <ul class="trained">
        {[...trained.values()].map((noted) => (
          <li key={noted.what}>
            <b>{t(`subject_${noted.what as Subject}`)}</b> {noted.valid_from} – {noted.valid_until}{" "}
            <span class="quiet">{t("training_noted", { who: noted.noted_by, time: when(noted.noted_at) })}</span>
          </li>
        ))}
      </ul>
      {!own && !one.disabled && may("keep_training") && <NewTraining name={one.name} again={again} />}
    </div>
  );
}

function Account({ one, again, show }: Omit<CardProps, "trained">) {
  const then = (done: (reason: string) => Promise<void>) => async (form: FormData) => {
    await done(text(form, "reason"));
    await again();
  };
  const role = async (form: FormData): Promise<void> => {
    await giveRole(one.name, text(form, "role") as Role, text(form, "reason"));
    await again();
  };
  const reset = async (reason: string): Promise<void> => {
    const made = await resetPassword(one.name, reason);
    show({ of: made.name, secret: made.password });
  };
  return (
    <>
      <Deed label={t("role_give")} testid={`role-${one.name}`} act={role}>
        <RoleChoice chosen={one.role} />
        <Reason />
      </Deed>
      {one.locked && (
        <Deed label={t("account_unlock")} testid={`unlock-${one.name}`} act={then((reason) => unlock(one.name, reason))}>
          <Reason />
        </Deed>
      )}
      <Deed label={t("password_reset")} testid={`reset-${one.name}`} act={then(reset)}>
        <Reason />
      </Deed>
      <Linked one={one} again={again} />
      <Deed label={t("account_disable")} testid={`disable-${one.name}`} act={then((reason) => disable(one.name, reason))}>
        <Reason />
        <span class="quiet">{t("account_disable_rule")}</span>
      </Deed>
    </>
  );
}

/** Who somebody is at the site's own sign-in, where there is one. */
function Linked({ one, again }: Pick<CardProps, "one" | "again">) {
  const { told: name } = useAsked(otherSignIn);
  if (!name) return null;
  const link = async (form: FormData): Promise<void> => {
    await linkSubject(one.name, text(form, "subject").trim(), text(form, "reason"));
    await again();
  };
  return (
    <Deed label={t("subject_link", { name })} testid={`link-${one.name}`} act={link}>
      {one.oidc_subject && <span>{t("subject_linked", { name, subject: one.oidc_subject })}</span>}
      <input name="subject" aria-label={t("subject_of")} placeholder={t("subject_of")} maxLength={255} autocapitalize="none" autocomplete="off" />
      <Reason />
    </Deed>
  );
}

function NewTraining({ name, again }: { name: string; again: () => Promise<void> }) {
  const act = async (form: FormData): Promise<void> => {
    await noteTraining({
      person: name,
      what: text(form, "what") as Subject,
      valid_from: text(form, "from"),
      valid_until: text(form, "until"),
      reason: text(form, "reason"),
    });
    await again();
  };
  return (
    <Deed label={t("training_note")} testid={`train-${name}`} act={act}>
      <select name="what" aria-label={t("training_what")}>
        {subjects.map((what) => (
          <option key={what} value={what}>
            {t(`subject_${what}`)}
          </option>
        ))}
      </select>
      <label class="field">
        {t("training_from")}
        <DayField name="from" value={today()} required />
      </label>
      <label class="field">
        {t("training_until")}
        <DayField name="until" required />
      </label>
      <Reason />
    </Deed>
  );
}
