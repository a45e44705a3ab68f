/** Everybody's account, what each is trained for, where people are signed in, and the tokens of machines. */

import { useState } from "preact/hooks";
import { addPerson, everySession, endSession, people, training, type OnePerson, type OneTraining, type Role } from "../admin";
import { t } from "../i18n";
import { accountState, inOrder, roles, standingOn, subjects, trainingOf } from "../people";
import { may } from "../store";
import { AdminPage, Heads, Reason, today, when } from "./admin";
import { useAsked } from "./asked";
import { Deed, text } from "./deed";
import { PersonCard } from "./person";
import { ShownOnce, type Secret } from "./secret";
import { Tokens } from "./tokens";

export function PeoplePage() {
  const [secret, setSecret] = useState<Secret | null>(null);
  return (
    <AdminPage name="people" testid="people-page">
      {secret && <ShownOnce secret={secret} done={() => setSecret(null)} />}
      {(may("keep_people") || may("keep_training")) && <People show={setSecret} />}
      {may("keep_people") && <EverySession />}
      {may("keep_tokens") && <Tokens show={setSecret} />}
    </AdminPage>
  );
}

async function everybody(): Promise<{ people: OnePerson[]; training: OneTraining[] }> {
  const [all, trained] = await Promise.all([people(), training()]);
  return { people: inOrder(all), training: trained };
}

function People({ show }: { show: (secret: Secret) => void }) {
  const { told, failure, again } = useAsked(everybody);
  const [open, setOpen] = useState("");
  return (
    <section>
      <p class="failure" role="alert">
        {failure}
      </p>
      <table class="admin-table" data-testid="people">
        <Heads of={["person", "role", "account_state", ...subjects.map((what) => `subject_${what}` as const)]} />
        {told?.people.map((one) => {
          const trained = trainingOf(told.training, one.name);
          return (
            <tbody key={one.name} data-testid={`person-${one.name}`} class={one.name === open ? "chosen" : ""}>
              <Row one={one} trained={trained} open={one.name === open} toggle={() => setOpen(one.name === open ? "" : one.name)} />
              {one.name === open && (
                <tr>
                  <td colSpan={3 + subjects.length}>
                    <PersonCard one={one} trained={trained} again={again} show={show} />
                  </td>
                </tr>
              )}
            </tbody>
          );
        })}
      </table>
      {may("keep_people") && <NewPerson again={again} show={show} />}
    </section>
  );
}

interface RowProps {
  one: OnePerson;
  trained: ReadonlyMap<string, OneTraining>;
  open: boolean;
  toggle: () => void;
}

function Row({ one, trained, open, toggle }: RowProps) {
  const state = accountState(one);
  return (
    <tr class={one.disabled ? "quiet" : ""}>
      <th scope="row">
        <button class="link" aria-expanded={open} data-testid={`person-open-${one.name}`} onClick={toggle}>
          {one.display}
        </button>{" "}
        <small class="quiet">{one.name}</small>
      </th>
      <td>{t(`role_${one.role}`)}</td>
      <td class={`account-${state}`} data-testid={`account-state-${one.name}`}>
        {state === "locked" && "▲ "}
        {t(`account_${state}`)}
      </td>
      {subjects.map((what) => (
        <Trained key={what} training={trained.get(what)} />
      ))}
    </tr>
  );
}

/** Until when it holds; a sign says without colour when it does not, or not for long. */
function Trained({ training: one }: { training: OneTraining | undefined }) {
  const standing = standingOn(one, today());
  const sign = { current: "✓", ends_soon: "!", over: "✗", not_yet: "…", none: "—" }[standing];
  return (
    <td class={`training-${standing}`} title={t(`training_${standing}`)}>
      {sign} {one && (standing === "not_yet" ? one.valid_from : one.valid_until)}
    </td>
  );
}

function NewPerson({ again, show }: { again: () => Promise<void>; show: (secret: Secret) => void }) {
  const act = async (form: FormData): Promise<void> => {
    const made = await addPerson({
      name: text(form, "name").trim(),
      display: text(form, "display").trim(),
      language: text(form, "language") === "en" ? "en" : "zh",
      role: text(form, "role") as Role,
      reason: text(form, "reason"),
    });
    show({ of: made.name, secret: made.password });
    await again();
  };
  return (
    <details class="unfolds">
      <summary data-testid="person-new">{t("person_new")}</summary>
      <p class="quiet">{t("person_new_rule")}</p>
      <Deed label={t("person_add")} testid="person-add" act={act}>
        <input name="name" aria-label={t("name")} placeholder={t("name")} maxLength={100} autocapitalize="none" autocomplete="off" required />
        <input name="display" aria-label={t("person_display")} placeholder={t("person_display")} maxLength={100} autocomplete="off" required />
        <RoleChoice chosen="viewer" />
        <select name="language" aria-label={t("language")}>
          <option value="zh">中文</option>
          <option value="en">English</option>
        </select>
        <Reason />
      </Deed>
    </details>
  );
}

export function RoleChoice({ chosen }: { chosen: Role }) {
  return (
    <select name="role" aria-label={t("role")} defaultValue={chosen}>
      {roles.map((role) => (
        <option key={role} value={role} selected={role === chosen}>
          {t(`role_${role}`)}
        </option>
      ))}
    </select>
  );
}

function EverySession() {
  const { told, failure, again } = useAsked(everySession);
  const end = async (id: string, form: FormData): Promise<void> => {
    await endSession(id, text(form, "reason"));
    await again();
  };
  return (
    <section>
      <h3>{t("sessions_all")}</h3>
      <p class="failure" role="alert">
        {failure}
      </p>
      <table class="admin-table" data-testid="sessions">
        <Heads of={["person", "session_address", "session_opened", "session_used", "session_end"]} />
        <tbody>
          {told?.map((one) => (
            <tr key={one.id}>
              <th scope="row">{one.name}</th>
              <td>{one.address || "—"}</td>
              <td>{when(one.opened_at)}</td>
              <td>{when(one.used_at)}</td>
              <td>
                {one.own ? (
                  <b>{t("session_here")}</b>
                ) : (
                  <Deed label={t("session_end")} testid={`end-${one.id}`} act={(form) => end(one.id, form)}>
                    <Reason />
                  </Deed>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
