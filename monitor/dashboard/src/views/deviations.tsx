/** Deviations: every one with its state, one unfolded to what it is about, what became of it, and the next step. */

import { useState } from "preact/hooks";
import { t } from "../i18n";
import { addressOfBatch, addressOfDeviation } from "../page";
import { deviations, openDeviation, type Deviation } from "../quality";
import { may } from "../store";
import { AdminPage, Heads, SigningPassword, when } from "./admin";
import { useAsked } from "./asked";
import { Deed, text } from "./deed";
import { DeviationCard } from "./deviation";

const heads = [
  ...(["deviation_number", "deviation_title", "batch", "state", "deviation_class"] as const),
  "deviation_opened",
] as const;

export function DeviationsPage({ number }: { number: string }) {
  const { told, failure, again } = useAsked(deviations);
  const [only, setOnly] = useState(false);
  const all = told ?? [];
  const shown = all.filter((one) => !only || one.state !== "closed" || one.number === number);
  return (
    <AdminPage name="deviations" testid="deviations-page" failure={failure} note={told ? t("deviations_found", { n: shown.length, of: all.length }) : ""}>
      <label>
        <input type="checkbox" checked={only} data-testid="deviations-only" onChange={(event) => setOnly(event.currentTarget.checked)} />{" "}
        {t("deviations_only")}
      </label>
      {told?.length === 0 && <p class="quiet">{t("deviations_none")}</p>}
      {shown.length > 0 && (
        <div class="dossier-wide" tabIndex={0} role="group">
          <table class="admin-table" data-testid="deviations">
            <Heads of={heads} />
            {shown.map((one) => (
              <tbody key={one.number} class={one.number === number ? "chosen" : ""} data-testid={one.number}>
                <Row one={one} open={one.number === number} />
                {one.number === number && (
                  <tr>
                    <td colSpan={heads.length}>
                      <DeviationCard key={one.steps.length} one={one} again={again} />
                    </td>
                  </tr>
                )}
              </tbody>
            ))}
          </table>
        </div>
      )}
      {may("open_deviation") && <Open again={again} />}
    </AdminPage>
  );
}

function Row({ one, open }: { one: Deviation; open: boolean }) {
  const said = one.steps.findLast(({ assessment }) => assessment !== null)?.assessment;
  return (
    <tr>
      <th scope="row">
        <a href={open ? "#/deviations" : addressOfDeviation(one.number)} aria-expanded={open}>
          {one.number}
        </a>
      </th>
      <td>{one.title}</td>
      <td>{one.batch === null ? "—" : <a href={addressOfBatch(one.batch)}>{one.batch}</a>}</td>
      <td class={one.state === "closed" ? "" : "not-whole"}>{t(`deviation_state_${one.state}`)}</td>
      <td>{said ? t(`class_${said.class}`) : "—"}</td>
      <td>
        {when(one.opened_at)} <span class="quiet">{one.opened_by}</span>
      </td>
    </tr>
  );
}

/** One that belongs to no batch; those of a batch are opened on its page, where it is known what they are about. */
function Open({ again }: { again: () => Promise<void> }) {
  const act = async (form: FormData): Promise<void> => {
    await openDeviation(null, text(form, "title"), [], text(form, "password"));
    await again();
  };
  return (
    <details class="unfolds">
      <summary>{t("deviations_open")}</summary>
      <Deed label={t("deviation_sign")} testid="deviation-open" act={act}>
        <input name="title" aria-label={t("deviation_title")} placeholder={t("deviation_title")} minLength={3} maxLength={200} required />
        <SigningPassword />
      </Deed>
    </details>
  );
}
