/** The frame of a page that is about people, the book or the plant's versions, and the parts that they share. */

import type { ComponentChildren } from "preact";
import { dateTime } from "../format";
import { t, type Key } from "../i18n";
import { index, server_ms } from "../store";

interface AdminProps {
  name: Key;
  testid: string;
  failure?: string;
  note?: string;
  children: ComponentChildren;
}

export function AdminPage({ name, testid, failure = "", note = "", children }: AdminProps) {
  return (
    <main class="floor alone" data-testid={testid}>
      <section class="panel admin" aria-label={t(name)}>
        <h2>
          {t(name)} <span class="quiet">{note}</span>
        </h2>
        <p class="failure" role="alert">
          {failure}
        </p>
        {children}
      </section>
    </main>
  );
}

/** The plant's time zone. */
export const zone = (): string => index.value?.plant.time_zone ?? "UTC";

/** A time of the server's, in the plant's time zone. */
export const when = (at: string): string => dateTime(Date.parse(at), zone());

/** The server's time now, epoch milliseconds; not watched: a page is not drawn anew for it. */
export const nowOnce_ms = (): number => server_ms.peek() ?? Date.now();

/** Which day it is in the plant, as `2026-11-21`. */
export const today = (): string => dateTime(nowOnce_ms(), zone()).slice(0, 10);

export function Heads({ of }: { of: readonly Key[] }) {
  return (
    <thead>
      <tr>
        {of.map((column) => (
          <th key={column} scope="col">
            {t(column)}
          </th>
        ))}
      </tr>
    </thead>
  );
}

export function Reason() {
  return <input name="reason" aria-label={t("reason")} placeholder={t("reason")} minLength={3} maxLength={500} required />;
}

/** The password of who is signed in, once more. */
export function SigningPassword() {
  return (
    <input
      name="password"
      type="password"
      aria-label={t("sign_password")}
      placeholder={t("sign_password")}
      autocomplete="off"
      maxLength={256}
      required
    />
  );
}
