/** Signing in and what can go wrong with it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { beginOtherSignIn, otherSignIn, Refusal, signIn, whoAmI } from "../api";
import { t } from "../i18n";
import { person } from "../store";
import { Entrance } from "./entrance";
import { SoundTest } from "./sound";

export function SignIn() {
  return (
    <Entrance heading="Gradewatch">
      <p class="quiet">{t("tagline")}</p>
      <SignInForm />
      <OtherSignIn />
    </Entrance>
  );
}

function SignInForm() {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const [capsLock, setCapsLock] = useState(false);
  const [asksCode, setAsksCode] = useState(false);

  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    const code = String(form.get("code") ?? "").trim();
    setFailure(await attempt(String(form.get("name")).trim(), String(form.get("password")), code, () => setAsksCode(true)));
    setBusy(false);
  };

  return (
    <form onSubmit={(event) => void submit(event)}>
      <label>
        {t("name")}
        <input data-testid="name" name="name" autocomplete="username" autocapitalize="none" required ref={first} />
      </label>
      <label>
        {t("password")}
        <input
          data-testid="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          onKeyUp={(event) => setCapsLock(event.getModifierState("CapsLock"))}
        />
      </label>
      {asksCode && (
        <label>
          {t("code")}
          <input data-testid="code" name="code" inputMode="numeric" autocomplete="one-time-code" pattern="[0-9]{6}" maxLength={6} required />
        </label>
      )}
      <p class="hint" role="status">
        {capsLock ? t("caps_lock") : ""}
      </p>
      <button class="primary" data-testid="sign-in" disabled={busy}>
        {busy ? t("signing_in") : t("sign_in")}
      </button>
      <p class="failure" role="alert" data-testid="sign-in-failure">
        {failure}
      </p>
      <SoundTest />
    </form>
  );
}

/** The site's own sign-in, where the server has one. */
function OtherSignIn() {
  const [name, setName] = useState<string | null>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => void otherSignIn().then(setName, () => undefined), []);
  if (name === null) return null;
  const go = async (): Promise<void> => {
    try {
      location.assign(await beginOtherSignIn());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setFailure(error.status === 0 ? t("no_server") : error.message);
    }
  };
  return (
    <div class="other">
      <button class="plain" data-testid="sign-in-other" onClick={() => void go()}>
        {t("sign_in_with", { name })}
      </button>
      <p class="failure" role="alert">
        {failure}
      </p>
    </div>
  );
}

/** The server knows of a second factor, and asks for its code. */
const code_needed = 428;

/** Signs in; gives why it failed, or "". */
async function attempt(name: string, password: string, code: string, needCode: () => void): Promise<string> {
  try {
    await signIn(name, password, code);
    person.value = await whoAmI();
    return "";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === code_needed) needCode();
    if (error.status === 0) return t("no_server");
    return error.status === 401 && code === "" ? t("wrong_password") : error.message;
  }
}
