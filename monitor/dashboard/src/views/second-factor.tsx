/** A second factor of one's own: a secret for a device, taken on once the device has proved that it knows it. */

import { useState } from "preact/hooks";
import { makeSecondFactor, takeOnSecondFactor, type SecondFactor } from "../admin";
import { t } from "../i18n";
import { SigningPassword } from "./admin";
import { Deed, text } from "./deed";

export function OwnSecondFactor() {
  const [made, setMade] = useState<SecondFactor | null>(null);
  const [taken, setTaken] = useState(false);
  const take = async (form: FormData): Promise<void> => {
    if (!made) return;
    await takeOnSecondFactor(text(form, "password"), made.secret, text(form, "code"));
    setMade(null);
    setTaken(true);
  };
  return (
    <section>
      <h3>{t("second_factor")}</h3>
      <p class="quiet">{t("second_factor_rule")}</p>
      {made ? (
        <>
          <p>
            {t("second_factor_secret")} <code data-testid="second-factor-secret">{made.secret}</code>{" "}
            <a href={made.uri}>{t("second_factor_open")}</a>
          </p>
          <Deed label={t("second_factor_take")} testid="second-factor-take" act={take}>
            <SigningPassword />
            <input
              name="code"
              inputMode="numeric"
              aria-label={t("code")}
              placeholder={t("code")}
              pattern="[0-9]{6}"
              maxLength={6}
              autocomplete="one-time-code"
              required
            />
          </Deed>
        </>
      ) : (
        <Deed label={t("second_factor_make")} testid="second-factor-make" act={() => makeSecondFactor().then(setMade)} />
      )}
      <p role="status" data-testid="second-factor-taken">
        {taken ? t("second_factor_taken") : ""}
      </p>
    </section>
  );
}
