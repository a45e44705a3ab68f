/** One proposal unfolded: what it changes, what the past would have alarmed under it, and what a second person decides. */

import { approve, proposalOf, reject, withdraw, type Difference, type ProposalWhole } from "../admin";
import { can, looserOnes, worstFirst } from "../changes";
import { said, t } from "../i18n";
import { may, person } from "../store";
import { Reason, SigningPassword, when } from "./admin";
import { useAsked } from "./asked";
import { Deed, text } from "./deed";
import { Replay } from "./replay";

export function ProposalCard({ number, again }: { number: number; again: () => Promise<void> }) {
  const { told, failure } = useAsked(() => proposalOf(number), [number]);
  return (
    <div class="admin-card" data-testid={`proposal-card-${number}`}>
      <p class="failure" role="alert">
        {failure}
      </p>
      {told && (
        <>
          <Steps of={told} />
          <Differences all={told.differences} />
          {(may("propose_plant") || may("approve_plant")) && told.differences !== null && <Replay number={number} />}
          <Decide one={told} again={again} />
        </>
      )}
    </div>
  );
}

function Steps({ of }: { of: ProposalWhole }) {
  return (
    <ul>
      {of.steps.map((step) => (
        <li key={`${step.state} ${step.at}`}>
          <b>{t(`proposal_${step.state}`)}</b> {step.who} · {when(step.at)} <span class="quiet">{step.reason}</span>
        </li>
      ))}
    </ul>
  );
}

function Differences({ all }: { all: readonly Difference[] | null }) {
  if (all === null) return <p>{t("differences_unknown")}</p>;
  const looser = looserOnes(all);
  return (
    <>
      <p data-testid="differences-count">
        {t("differences_n", { n: all.length })} {looser > 0 && <b class="account-locked">▼ {t("looser_n", { n: looser })}</b>}
      </p>
      <table class="changes-table" data-testid="differences">
        <thead>
          <tr>
            {(["book_about", "difference_field", "book_old", "book_new", "difference_looser"] as const).map((column) => (
              <th key={column} scope="col">
                {t(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {worstFirst(all).map((one) => (
            <tr key={`${one.kind} ${one.id} ${one.field}`} class={one.is_looser ? "is-looser" : ""}>
              <th scope="row">
                <span class="quiet">{said(one.kind_label)}</span> {one.id}
              </th>
              <td>{said(one.field_label)}</td>
              <td>{one.old ?? "—"}</td>
              <td>{one.new ?? "—"}</td>
              <td class={one.is_looser ? "looser" : ""}>{looserWord(one)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function looserWord({ is_looser }: Difference): string {
  if (is_looser === null) return "";
  return is_looser ? `▼ ${t("looser")}` : `▲ ${t("stricter")}`;
}

function Decide({ one, again }: { one: ProposalWhole; again: () => Promise<void> }) {
  const mine = can(one, person.value?.name ?? "", person.value?.deeds ?? []);
  const then = (done: (form: FormData) => Promise<void>) => async (form: FormData) => {
    await done(form);
    await again();
  };
  return (
    <>
      {mine.other && <p data-testid="proposal-own">{t("proposal_own")}</p>}
      {mine.approve && (
        <Deed
          label={t("approve")}
          testid={`approve-${one.number}`}
          act={then((form) => approve(one.number, text(form, "comment"), text(form, "password")))}
        >
          <input name="comment" aria-label={t("comment")} placeholder={t("comment")} maxLength={500} />
          <SigningPassword />
        </Deed>
      )}
      {mine.reject && (
        <Deed label={t("reject")} testid={`reject-${one.number}`} act={then((form) => reject(one.number, text(form, "reason")))}>
          <Reason />
        </Deed>
      )}
      {mine.withdraw && (
        <Deed label={t("withdraw")} testid={`withdraw-${one.number}`} act={then((form) => withdraw(one.number, text(form, "reason")))}>
          <Reason />
        </Deed>
      )}
    </>
  );
}
