/** One protective action: while it runs with each of its asks, while it is switched off, and while it is armed. */

import { useState } from "preact/hooks";
import { detailOf, place, title, titleOf } from "../alarms";
import { confirm, inhibit, rearm } from "../api";
import type { Ask, PlantProtection, Protection } from "../api-types";
import { inWords } from "../details";
import { dateTime, timeOfDay } from "../format";
import { said, t } from "../i18n";
import type { PlantIndex } from "../plant";
import { mayBeEnded, stateKey, waitsForWord } from "../protections";
import { alarms, may } from "../store";
import { Deed, PersonFields, WhyAndHowLong, personIn, text, untilIn } from "./deed";
import { End, roleName } from "./end";

interface OneProps {
  one: Protection;
  plant: PlantIndex;
}

export function Running({ one, plant }: OneProps) {
  const asks = one.state === "RESET_PENDING" ? one.release_asks : one.asks;
  return (
    <article class={one.failed ? "card failed" : "card"} data-testid={`protection-${one.id}`}>
      <Head one={one} />
      <p class="quiet">{[since(one, plant), inWords(one.detail)].filter((part) => part !== "").join(" · ")}</p>
      <ul class="because">
        {one.because.map((id) => (
          <li key={id}>{because(id, plant)}</li>
        ))}
      </ul>
      <Asks asks={asks} zone={plant.plant.time_zone} />
      <p>
        <b>{said(one.instruction)}</b>
      </p>
      {one.reset_by.length > 0 && (
        <p class="quiet">
          {t("ended_by")} {one.reset_by.map(roleName).join(" + ")}
        </p>
      )}
      {may("confirm_protection") && waitsForWord(one) && <Deed label={t("confirm")} testid={`confirm-${one.id}`} act={() => confirm(one.id)} />}
      {may("end_protection") && mayBeEnded(one) && <End one={one} />}
    </article>
  );
}

function Head({ one }: { one: Protection }) {
  return (
    <h4>
      {one.code} · {said(one.label)} <small>{[one.line, one.device].filter((part) => part !== null).join(" · ")}</small>
      <span class="acting-state" data-testid={`state-${one.id}`}>
        {one.dry_run && `${t("dry_run")} · `}
        {t(`protection_${stateKey(one)}`)}
      </span>
    </h4>
  );
}

const since = ({ triggered_at }: Protection, { plant }: PlantIndex): string =>
  triggered_at === null ? "" : `${t("since")} ${dateTime(Date.parse(triggered_at), plant.time_zone)}`;

/** The alarm that triggered it, in words while it stands. */
function because(id: string, plant: PlantIndex): string {
  const alarm = alarms.value.get(id);
  if (!alarm) return titleOf(id, plant);
  return [place(alarm, plant), title(alarm, plant), detailOf(alarm, plant)].filter((part) => part !== "").join(" · ");
}

function Asks({ asks, zone }: { asks: readonly Ask[]; zone: string }) {
  return (
    <table class="asks">
      <thead>
        <tr>
          <th>{t("asked")}</th>
          <th>{t("device")}</th>
          <th>{t("state")}</th>
          <th>{t("since")}</th>
          <th>{t("detail")}</th>
        </tr>
      </thead>
      <tbody>
        {asks.map((ask, place) => (
          <tr key={place} class={ask.state ?? "none"}>
            <td>{said(ask.label)}</td>
            <td>{ask.device}</td>
            <td class="ask-state">{t(`ask_${ask.state ?? "none"}`)}</td>
            <td>{ask.since ? timeOfDay(Date.parse(ask.since), zone) : "—"}</td>
            <td>{inWords(ask.detail)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** By whom it is switched off, until when, and why. */
export function Off({ one, plant }: OneProps) {
  const off = one.inhibited;
  if (!off) return null;
  const end = dateTime(Date.parse(off.until), plant.plant.time_zone);
  return (
    <article class="card" data-testid={`protection-${one.id}`}>
      <Head one={one} />
      <p>
        {off.who} + {off.second}: {off.reason}
      </p>
      <p class="quiet">{t("until", { time: end })}</p>
      {may("inhibit_protection") && <Deed label={t("rearm")} testid={`rearm-${one.id}`} act={() => rearm(one.id)} />}
    </article>
  );
}

/** What it would ask, and why it is safe if it never comes; its form is made when it is opened. */
export function Armed({ one }: { one: PlantProtection }) {
  const [open, setOpen] = useState(false);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} data-testid={`armed-${one.id}`}>
      <summary>
        {one.code} · {said(one.label)} <small>{one.device}</small>
      </summary>
      {open && (
        <div class="unfolded">
          <ul>
            {one.asks.map((ask, place) => (
              <li key={place}>
                {said(ask.label)} <small>{ask.device}</small>
              </li>
            ))}
          </ul>
          <p>{said(one.instruction)}</p>
          <p class="quiet">{said(one.fail_safe)}</p>
          {may("inhibit_protection") && <Inhibit one={one} />}
        </div>
      )}
    </details>
  );
}

function Inhibit({ one }: { one: PlantProtection }) {
  if (!one.may_inhibit) return <p class="quiet">{t("never_off")}</p>;
  const act = (form: FormData): Promise<void> => inhibit(one.id, untilIn(form), text(form, "reason"), personIn(form, "second"));
  return (
    <Deed label={t("switch_off")} testid={`inhibit-${one.id}`} act={act}>
      <WhyAndHowLong />
      <PersonFields field="second" label={t("second_person")} />
    </Deed>
  );
}
