/** One deviation unfolded: what it is about, who said what of it and signed, and what may follow. */

import { t } from "../i18n";
import { assess, close, reopen, type Deviation, type DeviationClass } from "../quality";
import { may, person } from "../store";
import { SigningPassword, when } from "./admin";
import { Deed, text } from "./deed";

interface CardProps {
  one: Deviation;
  again: () => Promise<void>;
}

export function DeviationCard({ one, again }: CardProps) {
  return (
    <div class="admin-card" data-testid={`card-${one.number}`}>
      <ul class="matters">
        {one.about.map(({ kind, id, at }) => (
          <li key={`${kind} ${id} ${at ?? ""}`}>
            <b>{t(`about_${kind}`)}</b> {id} <small class="quiet">{at === null ? "" : when(at)}</small>
          </li>
        ))}
      </ul>
      <ol class="deviation-steps">
        <li>
          <b>{t("deviation_step_opened")}</b> {one.opened_by} · {when(one.opened_at)}
        </li>
        {one.steps.map((step) => (
          <li key={step.signature}>
            <b>{t(`deviation_step_${step.state}`)}</b> {step.who} · {when(step.at)} <span class="quiet">{step.comment}</span>
            {step.assessment && <Assessment said={step.assessment} />}
          </li>
        ))}
      </ol>
      <Next one={one} again={again} />
    </div>
  );
}

function Assessment({ said }: { said: NonNullable<Deviation["steps"][number]["assessment"]> }) {
  return (
    <dl class="deviation-said">
      <dt>{t("deviation_class")}</dt>
      <dd>{t(`class_${said.class}`)}</dd>
      <dt>{t("deviation_cause")}</dt>
      <dd>{said.cause}</dd>
      <dt>{t("deviation_impact")}</dt>
      <dd>{said.impact}</dd>
      <dt>{t("deviation_action")}</dt>
      <dd>{said.action}</dd>
    </dl>
  );
}

const classes: readonly DeviationClass[] = ["minor", "major", "critical"];

function Next({ one, again }: CardProps) {
  const then = (done: (form: FormData) => Promise<unknown>) => async (form: FormData) => {
    await done(form);
    await again();
  };
  const name = person.value?.name.toLowerCase();
  const own = [one.opened_by, ...one.steps.filter(({ state }) => state === "assessed").map(({ who }) => who)].some((who) => who.toLowerCase() === name);
  return (
    <>
      {one.state !== "closed" && may("assess_deviation") && (
        <Deed
          label={t("deviation_assess")}
          testid="deviation-assess"
          act={then((form) => {
            const said = { class: text(form, "class") as DeviationClass, cause: text(form, "cause"), impact: text(form, "impact"), action: text(form, "action") };
            return assess(one.number, said, text(form, "password"));
          })}
        >
          <select name="class" aria-label={t("deviation_class")}>
            {classes.map((each) => (
              <option key={each} value={each}>
                {t(`class_${each}`)}
              </option>
            ))}
          </select>
          {(["cause", "impact", "action"] as const).map((field) => (
            <textarea key={field} name={field} aria-label={t(`deviation_${field}`)} placeholder={t(`deviation_${field}`)} minLength={3} maxLength={2000} rows={2} required />
          ))}
          <SigningPassword />
        </Deed>
      )}
      {one.state === "assessed" && own && may("close_deviation") && <p data-testid="deviation-own">{t("deviation_own")}</p>}
      {one.state === "assessed" && !own && may("close_deviation") && (
        <Deed label={t("deviation_close")} testid="deviation-close" act={then((form) => close(one.number, text(form, "comment"), text(form, "password")))}>
          <input name="comment" aria-label={t("comment")} placeholder={t("comment")} maxLength={1000} />
          <SigningPassword />
        </Deed>
      )}
      {one.state === "closed" && may("close_deviation") && (
        <Deed label={t("deviation_reopen")} testid="deviation-reopen" act={then((form) => reopen(one.number, text(form, "comment"), text(form, "password")))}>
          <input name="comment" aria-label={t("reason")} placeholder={t("reason")} minLength={3} maxLength={1000} required />
          <SigningPassword />
        </Deed>
      )}
    </>
  );
}
