/** Changes of the plant: proposals and what became of them, and every version that was in force. */

import { useState } from "preact/hooks";
import { proposals, proposeOffered, versions, type Proposal } from "../admin";
import { said, t } from "../i18n";
import { index, may } from "../store";
import { AdminPage, Heads, Reason, when } from "./admin";
import { useAsked } from "./asked";
import { Deed, text } from "./deed";
import { ProposalCard } from "./proposal";

/** How much of a plant's sha256 tells it from the others. */
const short = 8;

export function ChangesPage() {
  const { told, failure, again } = useAsked(proposals, [index.value?.plant.sha256]);
  const [open, setOpen] = useState<number | null>(null);
  return (
    <AdminPage name="changes" testid="changes-page" failure={failure} note={told ? t("in_force", { sha: told.in_force.slice(0, short) }) : ""}>
      {told?.waits && <p role="status">{said(told.waits)}</p>}
      {told?.offered && <Offered sha={told.offered} again={again} />}
      <section>
        <h3>{t("proposals")}</h3>
        {told?.proposals.length === 0 && <p class="quiet">{t("none")}</p>}
        {told !== null && told.proposals.length > 0 && (
          <table class="admin-table" data-testid="proposals">
            <Heads of={["proposal", "proposal_at", "proposal_who", "reason", "state", "proposal_plant"]} />
            {told.proposals.map((one) => (
              <tbody key={one.number} class={one.number === open ? "chosen" : ""} data-testid={`proposal-${one.number}`}>
                <Row one={one} open={one.number === open} toggle={() => setOpen(one.number === open ? null : one.number)} />
                {one.number === open && (
                  <tr>
                    <td colSpan={6}>
                      <ProposalCard key={one.state} number={one.number} again={again} />
                    </td>
                  </tr>
                )}
              </tbody>
            ))}
          </table>
        )}
      </section>
      <Versions key={told?.in_force} />
    </AdminPage>
  );
}

function Offered({ sha, again }: { sha: string; again: () => Promise<void> }) {
  const act = async (form: FormData): Promise<void> => {
    await proposeOffered(text(form, "reason"));
    await again();
  };
  return (
    <section data-testid="offered">
      <p>{t("offered", { sha: sha.slice(0, short) })}</p>
      {may("propose_plant") && (
        <Deed label={t("propose")} testid="propose" act={act}>
          <Reason />
        </Deed>
      )}
    </section>
  );
}

function Row({ one, open, toggle }: { one: Proposal; open: boolean; toggle: () => void }) {
  return (
    <tr>
      <th scope="row">
        <button class="link" aria-expanded={open} data-testid={`proposal-open-${one.number}`} onClick={toggle}>
          {t("proposal_n", { n: one.number })}
        </button>
      </th>
      <td>{when(one.at)}</td>
      <td>{one.who}</td>
      <td>{one.reason}</td>
      <td data-testid={`proposal-state-${one.number}`}>{t(`proposal_${one.state}`)}</td>
      <td class="plant-hash">
        {one.base.slice(0, short)} → {one.sha256.slice(0, short)}
      </td>
    </tr>
  );
}

function Versions() {
  const { told, failure } = useAsked(versions);
  return (
    <section>
      <h3>{t("versions")}</h3>
      <p class="failure" role="alert">
        {failure}
      </p>
      <table class="admin-table" data-testid="versions">
        <Heads of={["proposal_plant", "version_since", "version_until", "version_who", "version_second", "proposal"]} />
        <tbody>
          {told?.map((one) => (
            <tr key={`${one.sha256} ${one.since}`}>
              <th scope="row" class="plant-hash" title={one.sha256}>
                {one.sha256.slice(0, short)}
              </th>
              <td>{when(one.since)}</td>
              <td>{one.until === null ? t("version_now") : when(one.until)}</td>
              <td>{one.who || "—"}</td>
              <td>{one.second || "—"}</td>
              <td>{one.proposal > 0 ? t("proposal_n", { n: one.proposal }) : "—"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
