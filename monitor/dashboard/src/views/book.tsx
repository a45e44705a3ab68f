/** The book: what was done and by whom, the latest first; one line unfolds to all that it says; periods are reviewed. */

import { useEffect, useState } from "preact/hooks";
import { bookPage, type BookLine } from "../admin";
import { Refusal } from "../api";
import { about, brief, changes, inWords, query, spanAsked, why, type Looked } from "../book";
import { isKey, t, texts } from "../i18n";
import { instantOf, lastHours } from "../period";
import { AdminPage, Heads, nowOnce_ms, when, zone } from "./admin";
import { useAsked, whyNot } from "./asked";
import { BookLineCard } from "./book-line";
import { text } from "./deed";
import { Reviews } from "./review";
import { SpanFields } from "./span-fields";

const second_ms = 1000;

/** The last day, up to the second that goes on. */
const lastDay = () => lastHours(24, nowOnce_ms() + second_ms);
const first = (): Looked => ({ ...(spanAsked(location.hash) ?? lastDay()), kind: "", who: "", chain: "", text: "" });

export function BookPage() {
  const [looked, setLooked] = useState(first);
  const [reviewed, setReviewed] = useState(0);
  return (
    <AdminPage name="book" testid="book-page">
      <Filters looked={looked} look={setLooked} />
      <Lines key={JSON.stringify(looked)} looked={looked} reviewed={reviewed} />
      <Reviews looked={looked} told={setReviewed} />
    </AdminPage>
  );
}

export function kindWord(kind: string): string {
  const key = `kind_${kind}`;
  return isKey(key) ? t(key) : kind;
}

const kinds = Object.keys(texts.en)
  .filter((key) => key.startsWith("kind_"))
  .map((key) => key.slice("kind_".length));

function Filters({ looked, look }: { looked: Looked; look: (looked: Looked) => void }) {
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [start_ms, end_ms] = [instantOf(text(form, "from"), zone()), instantOf(text(form, "to"), zone())];
    if (start_ms === undefined || end_ms === undefined) return;
    look({ start_ms, end_ms, kind: text(form, "kind"), who: text(form, "who"), chain: text(form, "chain"), text: text(form, "text") });
  };
  return (
    <form class="deed-form book-filters" role="search" onSubmit={submit}>
      <SpanFields span={looked} zone={zone()} />
      <label class="field">
        {t("book_kind")}
        <select name="kind" data-testid="book-kind">
          <option value="">{t("book_every")}</option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {kindWord(kind)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {t("book_who")}
        <input name="who" maxLength={200} data-testid="book-who" />
      </label>
      <label class="field">
        {t("book_chain")}
        <input name="chain" maxLength={200} data-testid="book-chain" />
      </label>
      <label class="field wide-field">
        {t("book_text")}
        <input name="text" type="search" maxLength={200} data-testid="book-text" />
      </label>
      <button class="ack" data-testid="book-look">
        {t("book_look")}
      </button>
    </form>
  );
}

/** The lines; `reviewed` counts the reviews that were made here: by each of them other lines are reviewed. */
function Lines({ looked, reviewed }: { looked: Looked; reviewed: number }) {
  const { told, failure } = useAsked(() => bookPage(query(looked)), [reviewed]);
  const [further, setFurther] = useState<{ lines: BookLine[]; next: string | null } | null>(null);
  useEffect(() => setFurther(null), [reviewed]);
  const [refused, setRefused] = useState("");
  const [open, setOpen] = useState("");
  const lines = [...(told?.lines ?? []), ...(further?.lines ?? [])];
  const next = further ? further.next : (told?.next ?? null);
  const goOn = async (): Promise<void> => {
    try {
      const page = await bookPage(query(looked, next));
      setFurther({ lines: [...(further?.lines ?? []), ...page.lines], next: page.next });
      setRefused("");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setRefused(whyNot(error));
    }
  };
  return (
    <section>
      <p class="failure" role="alert">
        {failure || refused}
      </p>
      {told && lines.length === 0 && <p class="quiet">{t("book_nothing")}</p>}
      {lines.length > 0 && (
        <table class="admin-table book-table" data-testid="book-lines">
          <Heads of={["book_at", "book_kind", "book_who", "book_about", "book_change", "book_why", "book_reviewed"]} />
          {lines.map((line) => {
            const key = `${line.chain} ${line.seq}`;
            return <Row key={key} line={line} open={key === open} toggle={() => setOpen(key === open ? "" : key)} />;
          })}
        </table>
      )}
      {next !== null && (
        <button class="plain" data-testid="book-next" onClick={() => void goOn()}>
          {t("book_next")}
        </button>
      )}
    </section>
  );
}

function Row({ line, open, toggle }: { line: BookLine; open: boolean; toggle: () => void }) {
  const spoken = inWords(line);
  const changed = spoken ? [] : changes(line, zone());
  return (
    <tbody class={open ? "chosen" : ""} data-testid={`book-line-${line.chain}-${line.seq}`}>
      <tr>
        <td>
          <button class="link" aria-expanded={open} data-testid={`book-open-${line.chain}-${line.seq}`} onClick={toggle}>
            {when(line.at)}
          </button>
        </td>
        <td>{kindWord(line.kind)}</td>
        <td>{line.who}</td>
        <td>{about(line, zone())}</td>
        <td>
          {spoken && [spoken.old, spoken.now].filter((one) => one !== undefined).join(" → ")}
          {changed.slice(0, 2).map(({ name, old, now }) => (
            <span key={name} class="change">
              {name} {brief(old)} → {brief(now)}
            </span>
          ))}
          {changed.length > 2 && <span class="quiet">+ {changed.length - 2}</span>}
        </td>
        <td>{why(line)}</td>
        <td>{line.reviewed_by.length > 0 && `✓ ${line.reviewed_by.join(", ")}`}</td>
      </tr>
      {open && (
        <tr>
          <td colSpan={7}>
            <BookLineCard line={line} />
          </td>
        </tr>
      )}
    </tbody>
  );
}
