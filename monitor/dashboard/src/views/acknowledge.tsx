/** The one step by which a person says that an alarm was seen, with room for a few words. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { Refusal, acknowledge } from "../api";
import type { Alarm } from "../api-types";
import { t } from "../i18n";
import { takeAlarm } from "../store";

/** Why the last acknowledgement did not succeed, by alarm. */
const failures = signal<Record<string, string>>({});

async function attempt(alarm: Alarm, comment: string): Promise<void> {
  failures.value = { ...failures.value, [alarm.id]: "" };
  try {
    takeAlarm(await acknowledge(alarm, comment));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const why = error.status === 0 ? t("not_reached") : error.message;
    failures.value = { ...failures.value, [alarm.id]: t("ack_failed", { why }) };
  }
}

export function Acknowledge({ alarm, testid }: { alarm: Alarm; testid: string }) {
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    await attempt(alarm, comment).finally(() => setBusy(false));
  };

  return (
    <form class="acknowledge" onSubmit={(event) => void submit(event)}>
      <input
        class="comment"
        aria-label={t("comment")}
        placeholder={t("comment_short")}
        maxLength={500}
        value={comment}
        onInput={(event) => setComment(event.currentTarget.value)}
      />
      <button class={`ack ${alarm.level}`} data-testid={testid} disabled={busy}>
        {t("acknowledge")}
      </button>
      <span class="failure" role="alert">
        {failures.value[alarm.id] ?? ""}
      </span>
    </form>
  );
}
