/** One line of the book whole: what was and what is, why, the signature given with it, and its place in the chain. */

import { bookLine, type BookLine, type BookLineWhole } from "../admin";
import { changes, facts } from "../book";
import { isKey, t } from "../i18n";
import { when, zone } from "./admin";
import { useAsked } from "./asked";

export function BookLineCard({ line }: { line: BookLine }) {
  const { told, failure } = useAsked(() => bookLine(line), [line]);
  const changed = changes(line, zone());
  return (
    <div class="admin-card" data-testid="book-card">
      {changed.length > 0 && (
        <table class="changes-table">
          <thead>
            <tr>
              <th scope="col" />
              <th scope="col">{t("book_old")}</th>
              <th scope="col">{t("book_new")}</th>
            </tr>
          </thead>
          <tbody>
            {changed.map(({ name, old, now }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{old ?? "—"}</td>
                <td>{now ?? "—"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <dl class="line-facts">
        {facts(line, zone()).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="failure" role="alert">
        {failure}
      </p>
      {told?.signature && <Signature of={told.signature} />}
      <dl class="line-facts">
        <div>
          <dt>{t("book_chain")}</dt>
          <dd>
            {line.chain} · {line.seq}
          </dd>
        </div>
        <div>
          <dt>{t("book_hash_before")}</dt>
          <dd class="hash">{line.prev_hash}</dd>
        </div>
        <div>
          <dt>{t("book_hash")}</dt>
          <dd class="hash" data-testid="book-hash">
            {line.hash} {told && <b class={told.holds ? "" : "broken"}>{t(told.holds ? "book_holds" : "book_broken")}</b>}
          </dd>
        </div>
      </dl>
    </div>
  );
}

function Signature({ of }: { of: NonNullable<BookLineWhole["signature"]> }) {
  const [meaning, role] = [`meaning_${of.meaning}`, `role_${of.role}`];
  return (
    <p class="signature" data-testid="book-signature">
      {t("book_signed", {
        name: `${of.name} (${of.who})`,
        role: isKey(role) ? t(role) : of.role,
        time: when(of.at),
        meaning: isKey(meaning) ? t(meaning) : of.meaning,
      })}{" "}
      <span class="hash quiet">sha256 {of.sha256}</span>
    </p>
  );
}
