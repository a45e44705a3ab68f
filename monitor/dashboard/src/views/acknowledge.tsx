/** The one step by which a person says that an alarm was seen: an action alarm with a few words, a critical one signed. */

import { useState } from "preact/hooks";
import { Refusal, acknowledge } from "../api";
import type { Alarm, SigningShort } from "../api-types";
import { t } from "../i18n";
import { person, takeAlarm } from "../store";

/** Fewest characters of what is done about an action alarm, as the server asks. */
const words_min = 3;

/** Acknowledges; gives why it did not succeed, or "". */
async function attempt(alarm: Alarm, comment: string, signature: SigningShort | null): Promise<string> {
  try {
    takeAlarm(await acknowledge(alarm, comment, signature));
    return "";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return t("ack_failed", { why: error.status === 0 ? t("not_reached") : error.message });
  }
}

/** Whoever has a PIN may give it instead: figures alone, and not many, are one. */
export const signingBy = (secret: string, hasPin: boolean): SigningShort =>
  hasPin && /^[0-9]{6,12}$/.test(secret) ? { pin: secret, meaning: "responsibility" } : { password: secret, meaning: "responsibility" };

const signLabel = (): string => t(person.value?.has_pin ? "sign_pin" : "sign_password");

export function Acknowledge({ alarm, testid }: { alarm: Alarm; testid: string }) {
  const [comment, setComment] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const answers = alarm.level === "action";
  const signs = alarm.priority === "critical";

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setPassword("");
    const signature = signs ? signingBy(password, person.value?.has_pin ?? false) : null;
    setFailure("");
    setFailure(await attempt(alarm, comment, signature).finally(() => setBusy(false)));
  };

  return (
    <form class="acknowledge" onSubmit={(event) => void submit(event)}>
      <input
        class="comment"
        aria-label={t(answers ? "what_is_done" : "comment")}
        placeholder={t(answers ? "what_is_done" : "comment_short")}
        minLength={answers ? words_min : 0}
        maxLength={500}
        required={answers}
        data-testid={`${testid}-comment`}
        value={comment}
        onInput={(event) => setComment(event.currentTarget.value)}
      />
      {signs && (
        <input
          class="comment"
          type="password"
          aria-label={signLabel()}
          placeholder={signLabel()}
          autocomplete="off"
          maxLength={256}
          required
          data-testid={`${testid}-password`}
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      )}
      <button class={`ack ${alarm.level}`} data-testid={testid} disabled={busy}>
        {t("acknowledge")}
      </button>
      <span class="failure" role="alert">
        {failure}
      </span>
    </form>
  );
}
