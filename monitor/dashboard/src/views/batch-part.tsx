/** A part of a batch's record: a heading, a table, and what of it is folded away because it is in order. */

import type { ComponentChildren } from "preact";
import { t, type Key } from "../i18n";
import { Heads } from "./admin";

export function Part({ name, testid, children }: { name: Key; testid: string; children: ComponentChildren }) {
  return (
    <section data-testid={testid} aria-label={t(name)}>
      <h3>{t(name)}</h3>
      {children}
    </section>
  );
}

/** A table of a record, which a narrow screen moves sideways; "None." where it has no rows. */
export function Table({ of, rows }: { of: readonly Key[]; rows: ComponentChildren[] }) {
  if (rows.length === 0) return <p class="quiet">{t("none")}</p>;
  return (
    <div class="dossier-wide" tabIndex={0} role="group">
      <table class="admin-table dossier-table">
        <Heads of={of} />
        <tbody>{rows}</tbody>
      </table>
    </div>
  );
}

/** What is in order, or about the monitoring itself: one line, unfolded by whoever wants to see it. */
export function Folded({ name, n, testid, children }: { name: Key; n: number; testid: string; children: ComponentChildren }) {
  if (n === 0) return null;
  return (
    <details class="dossier-folded" data-testid={testid}>
      <summary>{t(name, { n })}</summary>
      {children}
    </details>
  );
}
