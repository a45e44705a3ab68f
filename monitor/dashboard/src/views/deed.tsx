/** What a person does about something: fields, one button, and why not where the server refuses. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Refusal } from "../api";
import type { Credentials } from "../api-types";
import { t } from "../i18n";
import { instantOf } from "../period";
import { server_ms } from "../store";
import { zone } from "./admin";

interface DeedProps {
  label: string;
  testid: string;
  act: (form: FormData) => Promise<void>;
  children?: ComponentChildren;
}

export function Deed({ label, testid, act, children }: DeedProps) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");

  const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget;
    setBusy(true);
    const why = await attempt(act(new FormData(form)));
    if (why === "") forgetTyped(form);
    setFailure(why);
    setBusy(false);
  };

  return (
    <form class="deed-form" onSubmit={(event) => void submit(event)}>
      {children}
      <button class="ack" data-testid={testid} disabled={busy}>
        {label}
      </button>
      <span class="failure" role="alert" data-testid={`${testid}-failure`}>
        {failure}
      </span>
    </form>
  );
}

/** Whoever comes to the screen next must find no password, and words only where they are still to be used. */
function forgetTyped(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll<HTMLInputElement>("input:not([type]), input[type=password]")) field.value = field.defaultValue;
}

/** Why it did not succeed, or "". */
async function attempt(done: Promise<void>): Promise<string> {
  try {
    await done;
    return "";
  } catch (error) {
    return whyNot(error);
  }
}

/** The server's reason, or that it did not answer. */
export function whyNot(error: unknown): string {
  if (!(error instanceof Refusal)) throw error;
  return error.status === 0 ? t("not_reached") : error.message;
}

/** Name and password of one more person, who signs here without signing in. */
export function PersonFields({ field, label }: { field: string; label: string }) {
  return (
    <fieldset class="person-fields">
      <legend>{label}</legend>
      <input name={`${field}-name`} aria-label={t("name")} placeholder={t("name")} autocomplete="off" autocapitalize="none" required />
      <input name={`${field}-password`} type="password" aria-label={t("password")} placeholder={t("password")} autocomplete="off" required />
    </fieldset>
  );
}

export const personIn = (form: FormData, field: string): Credentials => ({
  name: text(form, `${field}-name`).trim(),
  password: text(form, `${field}-password`),
});

/** A shift: nothing is hidden or switched off for longer (demo proposal). */
const longest_min = 480;

export function WhyAndHowLong() {
  return (
    <>
      <input name="reason" aria-label={t("reason")} placeholder={t("reason")} maxLength={500} required />
      <label class="minutes">
        <input name="minutes" type="number" min={1} max={longest_min} value={30} required aria-label={t("minutes")} /> min
      </label>
    </>
  );
}

/** When the minutes given are over, by the server's clock. */
export const untilIn = (form: FormData): number => (server_ms.peek() ?? Date.now()) + Number(text(form, "minutes")) * 60_000;

/** What was typed into a field. */
export function text(form: FormData, field: string): string {
  const typed = form.get(field);
  return typeof typed === "string" ? typed : "";
}

/** The instant that was typed by the plant's clock, as the server reads it. Raises Refusal: it is none. */
export function instantIn(form: FormData, field: string): string {
  const at_ms = instantOf(text(form, field), zone());
  if (at_ms === undefined) throw new Refusal(422, t("bad_time"));
  return new Date(at_ms).toISOString();
}
