/** What was sent to whom, what became of it, and a person's word that it came. */

import { useState } from "preact/hooks";
import { title } from "../alarms";
import { isToConfirm, notices, receive, stateOf, type Called, type DutyNow, type Notice } from "../duty";
import { t } from "../i18n";
import type { PlantIndex } from "../plant";
import { alarms, index, may, person } from "../store";
import { Heads, when } from "./admin";
import { useAsked } from "./asked";
import { Deed } from "./deed";
import { nameOf } from "./duty";

const shown = "30";

/** What became of a notice, in words. */
export function NoticeState({ one, people }: { one: Notice; people: readonly Called[] }) {
  const state = stateOf(one);
  const bad = one.outcome === "refused" || one.outcome === "failed";
  return (
    <span class={bad ? "notice-bad" : ""} data-testid={`notice-${state.key}`}>
      {t(state.key, { time: state.when ? when(state.when) : "", why: state.why, who: nameOf(state.why, people) })}
    </span>
  );
}

/** The button by which its receiver says that it came. */
export function Came({ notice, again }: { notice: Notice | string; again: () => Promise<void> }) {
  const [done, setDone] = useState(false);
  const key = typeof notice === "string" ? notice : notice.key;
  const act = async (): Promise<void> => {
    await receive(key);
    setDone(true);
    await again();
  };
  if (done) return <p role="status">{t("notice_came_done")}</p>;
  return <Deed label={t("notice_came")} testid="notice-came" act={act} />;
}

export function TestPage({ told, again, asked }: { told: DutyNow; again: () => Promise<void>; asked: string }) {
  const name = person.value?.name ?? "";
  const mine = useAsked(() => notices({ kind: "test", person: name, limit: "1" }), [told.tested_at]);
  if (told.tested_at === null && asked === "") return null;
  const last = mine.told?.notices[0];
  const waits = told.unconfirmed.includes(name);
  const key = asked !== "" ? asked : last && isToConfirm(last, name) ? last.key : "";
  return (
    <section data-testid="test-page">
      <h3>{t("duty_test")}</h3>
      <p>{told.tested_at === null ? t("duty_never_tested") : t("duty_tested_at", { time: when(told.tested_at) })}</p>
      <p>
        {told.unconfirmed.length > 0
          ? t("duty_unconfirmed", { who: told.unconfirmed.map((one) => nameOf(one, told.people)).join(", ") })
          : t("duty_all_confirmed")}
      </p>
      {may("receive") && key !== "" && (waits || asked !== "") && <Came notice={key} again={again} />}
    </section>
  );
}

export function LastNotices({ people }: { people: readonly Called[] }) {
  const { told, failure } = useAsked(() => notices({ limit: shown }));
  const plant = index.value;
  return (
    <section data-testid="notices">
      <h3>{t("duty_notices")}</h3>
      <p class="failure" role="alert">
        {failure !== "" ? failure : told && !told.database ? t("duty_only_pending") : ""}
      </p>
      {told?.notices.length === 0 && <p class="quiet">{t("none")}</p>}
      {plant && told && told.notices.length > 0 && (
        <table class="admin-table">
          <Heads of={["notice_sent", "notice_about", "duty_person", "notice_way", "notice_step", "state"]} />
          <tbody>
            {told.notices.map((one) => (
              <tr key={one.key}>
                <td>{when(one.at)}</td>
                <td>{about(one, plant)}</td>
                <td>{nameOf(one.person, people)}</td>
                <td>{one.way}</td>
                <td>{one.step}</td>
                <td>
                  <NoticeState one={one} people={people} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function about(one: Notice, plant: PlantIndex): string {
  const [first] = one.alarms[0] ?? [""];
  const alarm = alarms.value.get(first);
  const named = alarm ? title(alarm, plant) : first;
  const kind = one.kind === "group" ? t("notice_group", { n: one.alarms.length }) : t(`notice_${one.kind}`);
  return [kind, named].filter((part) => part !== "").join(" · ");
}
