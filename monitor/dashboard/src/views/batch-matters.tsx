/** What a batch leaves to settle: each matter with its deviation, and a deviation opened for those that are chosen. */

import { useState } from "preact/hooks";
import type { Matter, Standing } from "../dossier";
import { keyOf, unsettled } from "../dossier";
import { said, t } from "../i18n";
import { addressOfDeviation } from "../page";
import { openDeviation } from "../quality";
import { may } from "../store";
import { SigningPassword, when } from "./admin";
import { Folded, Part } from "./batch-part";
import { Deed, text } from "./deed";

interface MattersProps {
  batch: string;
  standing: Standing;
  again: () => Promise<void>;
}

export function Matters({ batch, standing, again }: MattersProps) {
  const { open, settled } = unsettled(standing.matters);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (group: readonly Matter[], on: boolean): void => {
    const now = new Set(chosen);
    for (const one of group) {
      if (on) now.add(keyOf(one));
      else now.delete(keyOf(one));
    }
    setChosen(now);
  };
  const uncovered = may("open_deviation") ? open.flat().filter(({ deviation }) => deviation === "") : [];
  const about = uncovered.filter((one) => chosen.has(keyOf(one)));
  const act = async (form: FormData): Promise<void> => {
    await openDeviation(batch, text(form, "title"), about, text(form, "password"));
    setChosen(new Set());
    await again();
  };
  return (
    <Part name="matters" testid="matters">
      <p class="quiet">{t(standing.matters.length === 0 ? "matters_none" : "matters_say")}</p>
      {uncovered.length > 1 && (
        <Choice words={t("matters_all", { n: uncovered.length })} on={about.length === uncovered.length} choose={(on) => choose(uncovered, on)} />
      )}
      <ul class="matters">
        {open.map((group) => (
          <Group
            key={keyOf(group[0] as Matter)}
            group={group}
            on={group.every((one) => chosen.has(keyOf(one)))}
            choose={uncovered.includes(group[0] as Matter) ? (on) => choose(group, on) : null}
          />
        ))}
      </ul>
      {about.length > 0 && (
        <Deed label={t("deviation_sign")} testid="matters-open" act={act}>
          <b>{t("matters_open", { n: about.length })}</b>
          <input name="title" aria-label={t("deviation_title")} placeholder={t("deviation_title")} minLength={3} maxLength={200} required />
          <SigningPassword />
        </Deed>
      )}
      <Folded name="matters_settled" n={settled.flat().length} testid="matters-settled">
        <ul class="matters">
          {settled.map((group) => (
            <Group key={keyOf(group[0] as Matter)} group={group} on={false} choose={null} />
          ))}
        </ul>
      </Folded>
    </Part>
  );
}

interface ChoiceProps {
  words: string;
  on: boolean;
  choose: (on: boolean) => void;
}

const Choice = ({ words, on, choose }: ChoiceProps) => (
  <label>
    <input type="checkbox" checked={on} onChange={(event) => choose(event.currentTarget.checked)} /> {words}
  </label>
);

interface GroupProps {
  group: readonly Matter[];
  on: boolean;
  choose: ((on: boolean) => void) | null;
}

/** Matters that say the same, in one row. */
function Group({ group, on, choose }: GroupProps) {
  const [one] = group;
  if (!one) return null;
  const words = group.length === 1 ? said(one.text) : t("matters_of", { what: said(one.text), n: group.length });
  return (
    <li data-testid="matter">
      {choose ? <Choice words={words} on={on} choose={choose} /> : <span>{words}</span>}
      <small class="quiet">
        {t(`about_${one.kind}`)} {one.at === null ? "" : when(one.at)}
      </small>
      {one.deviation === "" ? (
        <b class="not-whole">{t("matter_uncovered")}</b>
      ) : (
        <a href={addressOfDeviation(one.deviation)}>{one.deviation}</a>
      )}
      <Ids of={group.map(({ id }) => id).filter((id) => !words.includes(id))} />
    </li>
  );
}

const few = 3;

/** What it is about: a few at once, many unfolded by whoever wants to see them. */
function Ids({ of }: { of: readonly string[] }) {
  if (of.length <= few) return <small class="quiet">{of.join(", ")}</small>;
  return (
    <details>
      <summary class="quiet">{of.slice(0, few).join(", ")} …</summary>
      <small>{of.join(", ")}</small>
    </details>
  );
}
