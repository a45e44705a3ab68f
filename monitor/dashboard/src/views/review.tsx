/** The book's own review: which periods somebody has reviewed, and the review of the one that is looked at. */

import { useEffect, useState } from "preact/hooks";
import { review, reviews, type Review } from "../admin";
import { iso, type Looked } from "../book";
import { t } from "../i18n";
import { may } from "../store";
import { Heads, nowOnce_ms, SigningPassword, when } from "./admin";
import { useAsked } from "./asked";
import { Deed, text } from "./deed";

const look_ms = 1000;

/** `told` hears how many of the reviews made here the book has. */
export function Reviews({ looked, told: tell }: { looked: Looked; told: (count: number) => void }) {
  const { start_ms, end_ms } = looked;
  const { told, failure, again } = useAsked(() => reviews(iso(start_ms), iso(end_ms)), [start_ms, end_ms]);
  // The book is a moment behind what was done.
  const [mine, setMine] = useState<readonly Review[]>([]);
  const coming = told === null ? [] : mine.filter((one) => !told.some(({ signature }) => signature === one.signature));
  const known = told && [...coming, ...told];
  const waits = coming.length > 0;
  useEffect(() => {
    if (!waits) return;
    const timer = setInterval(() => void again(), look_ms);
    return () => clearInterval(timer);
  }, [waits, again]);
  useEffect(() => tell(mine.length - coming.length), [mine.length - coming.length]);
  const act = async (form: FormData): Promise<void> => {
    // What goes on cannot be reviewed: the period ends now at the latest.
    const until_ms = Math.min(end_ms, nowOnce_ms() - 1000);
    const made = await review(iso(start_ms), iso(until_ms), text(form, "comment"), text(form, "password"));
    setMine((before) => [made, ...before]);
  };
  return (
    <section data-testid="book-reviews">
      <h3>{t("reviews")}</h3>
      <p class="failure" role="alert">
        {failure}
      </p>
      {known?.length === 0 && <p class="quiet">{t("reviews_none")}</p>}
      {known !== null && known.length > 0 && (
        <table class="admin-table">
          <Heads of={["review_at", "review_who", "from", "until_head", "review_lines", "comment_short"]} />
          <tbody>
            {known.map((one) => (
              <tr key={one.signature}>
                <td>{when(one.at)}</td>
                <td>{one.who}</td>
                <td>{when(one.start)}</td>
                <td>{when(one.end)}</td>
                <td>{one.lines}</td>
                <td>{one.comment}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {may("review_book") && (
        <div class="unfolds">
          <p class="quiet">{t("review_rule")}</p>
          <Deed label={t("review_sign")} testid="review-sign" act={act}>
            <input name="comment" aria-label={t("comment")} placeholder={t("comment")} maxLength={500} />
            <SigningPassword />
          </Deed>
        </div>
      )}
    </section>
  );
}
