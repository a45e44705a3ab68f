/** One's own account: another password, and where one is signed in. */

import { useState } from "preact/hooks";
import { changePassword, endOwnSession, ownSessions, type OpenSession } from "../admin";
import { Refusal, signOut, whoAmI } from "../api";
import { t } from "../i18n";
import { person } from "../store";
import { AdminPage, Heads, when } from "./admin";
import { useAsked } from "./asked";
import { Deed, text } from "./deed";
import { Entrance } from "./entrance";
import { OwnPin } from "./pin";
import { OwnSecondFactor } from "./second-factor";

/** Fewest characters of a password, as the server asks. */
const password_min = 12;

export function AccountPage() {
  const sessions = useAsked(ownSessions);
  const [done, setDone] = useState(false);
  const changed = async (): Promise<void> => {
    setDone(true);
    await sessions.again();
  };
  return (
    <AdminPage name="account" testid="account-page" failure={sessions.failure} note={person.value?.display ?? ""}>
      <section>
        <h3>{t("password_change")}</h3>
        <p class="quiet">{t("password_rule", { n: password_min })}</p>
        <PasswordForm changed={changed} />
        <p role="status" data-testid="password-changed">
          {done ? t("password_changed") : ""}
        </p>
      </section>
      <OwnPin />
      <OwnSecondFactor />
      <section>
        <h3>{t("sessions_own")}</h3>
        <Sessions all={sessions.told ?? []} again={sessions.again} />
      </section>
    </AdminPage>
  );
}

/** In place of the screen, while the password was given by somebody else. */
export function MustChange() {
  const changed = async (): Promise<void> => {
    person.value = await whoAmI();
  };
  const leave = (): void => void signOut().finally(() => (person.value = null));
  return (
    <Entrance heading={t("password_change")} kind="must-change">
      <p>{t("password_must", { who: person.value?.display ?? "" })}</p>
      <p class="quiet">{t("password_rule", { n: password_min })}</p>
      <PasswordForm changed={changed} />
      <button class="plain" data-testid="sign-out" onClick={leave}>
        {t("sign_out")}
      </button>
    </Entrance>
  );
}

function PasswordForm({ changed }: { changed: () => Promise<void> }) {
  const act = async (form: FormData): Promise<void> => {
    if (text(form, "new") !== text(form, "again")) throw new Refusal(422, t("password_differs"));
    await changePassword(text(form, "old"), text(form, "new"));
    await changed();
  };
  return (
    <Deed label={t("password_set")} testid="password-set" act={act}>
      <Password field="old" name="password_old" complete="current-password" min={1} />
      <Password field="new" name="password_new" complete="new-password" min={password_min} />
      <Password field="again" name="password_again" complete="new-password" min={password_min} />
    </Deed>
  );
}

interface PasswordProps {
  field: string;
  name: "password_old" | "password_new" | "password_again";
  complete: string;
  min: number;
}

function Password({ field, name, complete, min }: PasswordProps) {
  return (
    <label class="field">
      {t(name)}
      <input name={field} type="password" autocomplete={complete} minLength={min} maxLength={256} required data-testid={name} />
    </label>
  );
}

function Sessions({ all, again }: { all: readonly OpenSession[]; again: () => Promise<void> }) {
  return (
    <table class="admin-table">
      <Heads of={["session_address", "session_opened", "session_used", "session_end"]} />
      <tbody>
        {all.map((one) => (
          <tr key={one.id} data-testid={`session-${one.id}`}>
            <td>{one.address || "—"}</td>
            <td>{when(one.opened_at)}</td>
            <td>{when(one.used_at)}</td>
            <td>{one.own ? <b>{t("session_here")}</b> : <End id={one.id} again={again} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function End({ id, again }: { id: string; again: () => Promise<void> }) {
  const act = async (): Promise<void> => {
    await endOwnSession(id);
    await again();
  };
  return <Deed label={t("session_end")} testid={`session-end-${id}`} act={act} />;
}
