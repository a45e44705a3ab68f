/** Who is on call now and next, the turns of two weeks, who has whose turn, and what was sent to whom. */

import { useEffect } from "preact/hooks";
import { calendarOf, duty, turnsFrom, type Called, type DutyNow, type OneRotation, type OneTurn } from "../duty";
import { isKey, language, said, t } from "../i18n";
import { person } from "../store";
import { AdminPage, Heads, when } from "./admin";
import { useAsked } from "./asked";
import { LastNotices, TestPage } from "./notices";
import { Substitutions } from "./substitutions";

/** How often the page asks anew. */
const again_ms = 5000;

export function DutyPage({ notice }: { notice: string }) {
  const { told, failure, again } = useAsked(duty);
  useEffect(() => {
    const asking = setInterval(() => void again(), again_ms);
    return () => clearInterval(asking);
  }, [again]);
  return (
    <AdminPage name="on_call" testid="duty-page" failure={failure}>
      {told && <Duty told={told} again={again} notice={notice} />}
    </AdminPage>
  );
}

function Duty({ told, again, notice }: { told: DutyNow; again: () => Promise<void>; notice: string }) {
  const noted = told.substitutions.map((one) => JSON.stringify(one)).join();
  return (
    <>
      {!told.collector && <p class="failure">{t("duty_old")}</p>}
      <Wrong wrong={told.wrong} />
      <section>
        <Now told={told} />
      </section>
      <TestPage told={told} again={again} asked={notice} />
      <section class="duty-turns">
        {told.rotations.map((one) => (
          <Turns key={one.id} rotation={one} since={told.at} noted={noted} people={told.people} />
        ))}
      </section>
      <Substitutions told={told} again={again} />
      <LastNotices people={told.people} />
    </>
  );
}

/** What is wrong with calling itself. */
function Wrong({ wrong }: { wrong: DutyNow["wrong"] }) {
  return (
    <>
      {Object.entries(wrong).map(([what, words]) => {
        const key = `duty_wrong_${what}`;
        return (
          <p key={what} class="failure" data-testid={`duty-wrong-${what}`}>
            {isKey(key) ? t(key, { what: words }) : `${what}: ${words}`}
          </p>
        );
      })}
    </>
  );
}

export const nameOf = (id: string, people: readonly Called[]): string => people.find((one) => one.id === id)?.display ?? id;

function Now({ told }: { told: DutyNow }) {
  return (
    <table class="admin-table duty-now">
      <Heads of={["duty_rotation", "duty_now", "duty_next", "duty_reached"]} />
      <tbody>
        {told.rotations.map((one) => (
          <tr key={one.id} data-testid={`duty-${one.id}`}>
            <th scope="row">{said(one.label)}</th>
            <td>{one.now ? <Whom turn={one.now} people={told.people} at={t("duty_until", { time: when(one.now.ends) })} /> : t("duty_nobody")}</td>
            <td>{one.next ? <Whom turn={one.next} people={told.people} at={t("duty_from", { time: when(one.next.begins) })} /> : t("duty_nobody")}</td>
            <td>
              <Reached of={told.people.find(({ id }) => id === one.now?.person)} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Whom({ turn, people, at }: { turn: OneTurn; people: readonly Called[]; at: string }) {
  return (
    <>
      <b>{nameOf(turn.person, people)}</b> <span class="quiet">{[at, turn.because === "turn" ? "" : t(`duty_${turn.because}`)].filter((part) => part !== "").join(" · ")}</span>
    </>
  );
}

function Reached({ of }: { of: Called | undefined }) {
  if (!of) return null;
  return (
    <ol class="duty-ways">
      {of.contacts.map((one) => (
        <li key={one.way}>
          {said(one.label)} <span class="quiet">{[one.kind, one.to].filter((part) => part !== "").join(" ")}</span>
        </li>
      ))}
    </ol>
  );
}

interface TurnsProps {
  rotation: OneRotation;
  since: string;
  noted: string;
  people: readonly Called[];
}

/** The turns of two weeks. They are not asked for anew because a few seconds have passed. */
function Turns({ rotation, since, noted, people }: TurnsProps) {
  const { told, failure } = useAsked(() => turnsFrom(rotation.id, Date.parse(since)), [rotation.id, noted]);
  const title = t("duty_turns", { rotation: said(rotation.label) });
  return (
    <div>
      <h3>{title}</h3>
      <p class="failure" role="alert">
        {failure}
      </p>
      <table class="admin-table" aria-label={title} data-testid={`duty-turns-${rotation.id}`}>
        <Heads of={["duty_begins", "duty_ends", "duty_person", "duty_because"]} />
        <tbody>
          {(told ?? []).map((one) => (
            <tr key={one.begins} class={one.person === person.value?.name ? "own" : ""}>
              <td>{when(one.begins).slice(0, 16)}</td>
              <td>{when(one.ends).slice(0, 16)}</td>
              <td>{nameOf(one.person, people)}</td>
              <td class={one.because === "turn" ? "quiet" : ""}>{t(`duty_${one.because}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <a href={calendarOf(rotation.id, language.value)} download={`${rotation.id}.ics`}>
        {t("duty_calendar")}
      </a>
    </div>
  );
}
