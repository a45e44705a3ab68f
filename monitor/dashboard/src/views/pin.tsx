/** One's own PIN: set with the password, or dropped. */

import { choosePin, dropPin } from "../duty";
import { whoAmI } from "../api";
import { t } from "../i18n";
import { person } from "../store";
import { SigningPassword } from "./admin";
import { Deed, text } from "./deed";

const anew = async (): Promise<void> => {
  person.value = await whoAmI();
};

export function OwnPin() {
  const act = async (form: FormData): Promise<void> => {
    await choosePin(text(form, "password"), text(form, "pin"));
    await anew();
  };
  const has = person.value?.has_pin ?? false;
  return (
    <section>
      <h3>{t("pin")}</h3>
      <p class="quiet">{t("pin_rule")}</p>
      <p role="status" data-testid="pin-state">
        {t(has ? "pin_there" : "pin_not_there")}
      </p>
      <Deed label={t("pin_set")} testid="pin-set" act={act}>
        <SigningPassword />
        <input
          name="pin"
          type="password"
          inputMode="numeric"
          aria-label={t("pin_new")}
          placeholder={t("pin_new")}
          pattern="[0-9]{6,12}"
          maxLength={12}
          autocomplete="off"
          required
        />
      </Deed>
      {has && <Deed label={t("pin_drop")} testid="pin-drop" act={() => dropPin().then(anew)} />}
    </section>
  );
}
