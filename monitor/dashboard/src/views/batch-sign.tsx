/** Who has signed a batch's record, what is in the way of its release, and the next signature. */

import type { ComponentChildren } from "preact";
import type { Dossier, Standing } from "../dossier";
import { addressOfBook } from "../book";
import { said, t } from "../i18n";
import { decide, signLevel, type Decision } from "../quality";
import { may } from "../store";
import { SigningPassword, when } from "./admin";
import { Part } from "./batch-part";
import { Deed, text } from "./deed";

interface SignOffProps {
  batch: string;
  standing: Standing;
  told: Dossier;
  again: () => Promise<void>;
}

export function SignOff({ batch, standing, told, again }: SignOffProps) {
  const signed = standing.reviews.filter(({ holds }) => holds).length;
  return (
    <Part name="sign_off" testid="sign-off">
      <p data-testid="sign-off-levels">{t("sign_off_levels", { signed, needed: standing.needed })}</p>
      <ul class="sign-off-signed">
        {standing.reviews.map((one) => (
          <Signed key={one.signature} one={one}>
            {t("sign_off_level", { n: one.level })}
          </Signed>
        ))}
        {standing.releases.map((one) => (
          <Signed key={one.signature} one={one}>
            {t(`outcome_${one.outcome}`)}
          </Signed>
        ))}
      </ul>
      <Late standing={standing} />
      <Way standing={standing} told={told} />
      <p class="quiet">{t("sign_off_hands", { of: standing.hands.join(", ") || "—" })}</p>
      <p class="quiet">
        {t("sign_off_hash")} <span class="hash">{standing.sha256}</span>
      </p>
      <Next batch={batch} standing={standing} level={signed + 1} again={again} />
    </Part>
  );
}

function Signed({ one, children }: { one: Standing["reviews"][number] | Standing["releases"][number]; children: ComponentChildren }) {
  return (
    <li class={one.holds ? "" : "is-void"}>
      <b>{children}</b> {one.who} · {when(one.at)} <span>{one.comment}</span>{" "}
      {!one.holds && <span class="not-whole">{t("sign_off_void")}</span>}
    </li>
  );
}

function Late({ standing: { reopened } }: { standing: Standing }) {
  if (reopened.length === 0) return null;
  return (
    <div data-testid="sign-off-late">
      <b>{t("sign_off_late")}</b>
      <ul>
        {reopened.map((one) => (
          <li key={`${one.at} ${one.reason}`}>
            {when(one.at)} · {one.who} <span class="quiet">{one.reason}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Way({ standing: { in_the_way: way, standing }, told }: { standing: Standing; told: Dossier }) {
  if (standing === "released" || standing === "rejected") return null;
  if (way.length === 0) return <p>{t("sign_off_clear")}</p>;
  const rest = way.filter(({ kind }) => kind !== "unsettled");
  const unsettled = way.length - rest.length;
  return (
    <div data-testid="sign-off-way">
      <b>{t("sign_off_way")}</b>
      <ul>
        {unsettled > 0 && <li>{t("sign_off_unsettled", { n: unsettled })}</li>}
        {rest.map((one) => (
          <li key={`${one.kind} ${one.id}`}>
            {said(one.text)}{" "}
            {one.kind === "book" && may("read_book") && <a href={addressOfBook(told.batch.started_at, told.told_at)}>{t("sign_off_book")}</a>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Next({ batch, standing, level, again }: { batch: string; standing: Standing; level: number; again: () => Promise<void> }) {
  const then = (done: (form: FormData) => Promise<unknown>) => async (form: FormData) => {
    await done(form);
    await again();
  };
  const outcome = (chosen: Decision) =>
    then((form) => decide(batch, standing.sha256, chosen, text(form, "comment"), text(form, "password")));
  const { against_review, against_release, against_rejection } = standing;
  return (
    <div class="sign-off-next">
      {may("review_batch") &&
        (against_review ? (
          <p data-testid="sign-off-not">{said(against_review)}</p>
        ) : (
          <Deed
            label={t("sign_off_review", { n: level })}
            testid="sign-off-review"
            act={then((form) => signLevel(batch, standing.sha256, text(form, "comment"), text(form, "password")))}
          >
            <Comment />
            <SigningPassword />
          </Deed>
        ))}
      {may("release_batch") && !against_release && (
        <Deed label={t("sign_off_release")} testid="sign-off-release" act={outcome("released")}>
          <Comment />
          <SigningPassword />
        </Deed>
      )}
      {may("release_batch") && !against_rejection && (
        <Deed label={t("sign_off_reject")} testid="sign-off-reject" act={outcome("rejected")}>
          <Comment required />
          <SigningPassword />
        </Deed>
      )}
    </div>
  );
}

function Comment({ required = false }: { required?: boolean }) {
  return <input name="comment" aria-label={t("comment")} placeholder={t("comment")} maxLength={1000} required={required} />;
}
