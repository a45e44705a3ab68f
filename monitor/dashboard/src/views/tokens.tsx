/** What machines show instead of a password: made for some deeds and until a day, shown once, revoked at any time. */

import { makeToken, revokeToken, tokens, type OneToken } from "../admin";
import { Refusal } from "../api";
import type { Deed as Right } from "../api-types";
import { isKey, t } from "../i18n";
import { forMachines, tokenState } from "../people";
import { instantOf } from "../period";
import { Heads, nowOnce_ms, Reason, when, zone } from "./admin";
import { useAsked } from "./asked";
import { DayField } from "./day-field";
import { Deed, text } from "./deed";
import type { Secret } from "./secret";

export function Tokens({ show }: { show: (secret: Secret) => void }) {
  const { told, failure, again } = useAsked(tokens);
  return (
    <section>
      <h3>{t("tokens")}</h3>
      <p class="failure" role="alert">
        {failure}
      </p>
      {told?.length === 0 && <p class="quiet">{t("none")}</p>}
      {told !== null && told.length > 0 && (
        <table class="admin-table" data-testid="tokens">
          <Heads of={["token_name", "token_deeds", "token_made", "token_ends", "state"]} />
          <tbody>
            {told.map((one) => (
              <Row key={one.name} one={one} again={again} />
            ))}
          </tbody>
        </table>
      )}
      <NewToken again={again} show={show} />
    </section>
  );
}

function deedWord(deed: Right): string {
  const key = `deed_${deed}`;
  return isKey(key) ? t(key) : deed;
}

function Row({ one, again }: { one: OneToken; again: () => Promise<void> }) {
  const state = tokenState(one, nowOnce_ms());
  const act = async (form: FormData): Promise<void> => {
    await revokeToken(one.name, text(form, "reason"));
    await again();
  };
  return (
    <tr class={state === "in_use" ? "" : "quiet"} data-testid={`token-${one.name}`}>
      <th scope="row">{one.name}</th>
      <td>{one.deeds.map(deedWord).join(" · ")}</td>
      <td>
        {when(one.made_at)} <small class="quiet">{one.made_by}</small>
      </td>
      <td>{when(one.ends_at)}</td>
      <td>
        {state === "in_use" ? (
          <Deed label={t("token_revoke")} testid={`revoke-${one.name}`} act={act}>
            <Reason />
          </Deed>
        ) : (
          t(`token_${state}`)
        )}
      </td>
    </tr>
  );
}

function NewToken({ again, show }: { again: () => Promise<void>; show: (secret: Secret) => void }) {
  const act = async (form: FormData): Promise<void> => {
    const deeds = forMachines.filter((deed) => form.has(deed));
    if (deeds.length === 0) throw new Refusal(422, t("token_no_deed"));
    const ends_ms = instantOf(`${text(form, "ends")} 00:00`, zone());
    if (ends_ms === undefined) throw new Refusal(422, t("bad_time"));
    const made = await makeToken({
      name: text(form, "name").trim(),
      deeds,
      ends_at: new Date(ends_ms).toISOString(),
      reason: text(form, "reason"),
    });
    show({ of: made.name, secret: made.token });
    await again();
  };
  return (
    <details class="unfolds">
      <summary data-testid="token-new">{t("token_new")}</summary>
      <Deed label={t("token_make")} testid="token-make" act={act}>
        <input name="name" aria-label={t("token_name")} placeholder={t("token_name")} maxLength={100} autocomplete="off" required />
        {forMachines.map((deed) => (
          <label key={deed}>
            <input name={deed} type="checkbox" data-testid={`token-deed-${deed}`} /> {deedWord(deed)}
          </label>
        ))}
        <label class="field">
          {t("token_until")}
          <DayField name="ends" required />
        </label>
        <Reason />
      </Deed>
    </details>
  );
}
