/** Always in sight: the worst alarm, what the machines do about it, and how many alarms there are of each level. */

import { computed } from "@preact/signals";
import type { Alarm } from "../api-types";
import { crossing, detailOf, levels, place, title, worst } from "../alarms";
import { elapsed, timeOfDay } from "../format";
import { said, t } from "../i18n";
import { goToAlarm } from "../page";
import type { PlantIndex } from "../plant";
import { stateKey } from "../protections";
import { alarmList, index, may, runningProtections, server_s } from "../store";
import { Acknowledge } from "./acknowledge";
import { Mark } from "./mark";
import { Silence } from "./sound";

const top = computed(() => alarmList.value[0]);

export function Banner() {
  const alarm = top.value;
  const plant = index.value;
  if (!plant) return null;
  return (
    <section class={`banner ${alarm ? alarm.level : "calm"}`} data-testid="banner" aria-label={t("alarms")}>
      {alarm ? <Worst key={`${alarm.id} ${alarm.raised_at}`} alarm={alarm} plant={plant} /> : <Calm />}
      <Acting />
      <Silence />
      <Counts />
    </section>
  );
}

function Calm() {
  return (
    <p class="headline" role="status">
      <b>{t("no_alarms")}</b>
    </p>
  );
}

function Worst({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  return (
    <>
      <Mark level={alarm.level} flashing={!alarm.acknowledged} />
      <button class="headline" onClick={() => goToAlarm(alarm)} title={t("show")}>
        <b role="alert">
          {[place(alarm, plant), title(alarm, plant)].filter((part) => part !== "").join(" · ")}
        </b>
        <span>
          <Facts alarm={alarm} plant={plant} />
        </span>
      </button>
      {may("acknowledge") && !alarm.acknowledged && <Acknowledge alarm={alarm} testid="banner-acknowledge" />}
    </>
  );
}

function Facts({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const raised_ms = Date.parse(alarm.raised_at);
  const lasted_s = server_s.value === undefined ? null : server_s.value - raised_ms / 1000;
  const facts = [
    alarm.worst === null ? detailOf(alarm, plant) : `${t("worst", { value: worst(alarm, plant) })}  ${crossing(alarm, plant)}`,
    `${t("since")} ${timeOfDay(raised_ms, plant.plant.time_zone)} (${elapsed(lasted_s)})`,
    // Beside the form that asks for it there is no need to say that it is not acknowledged.
    alarm.state === "UNACK" && may("acknowledge") ? "" : t(`state_${alarm.state}`),
  ];
  return (
    <>
      {alarm.first_out && <b class="first-out">{t("first_out")} · </b>}
      {facts.filter((fact) => fact !== "").join(" · ")}
    </>
  );
}

/** The protective action that most needs a look, and how far each of its asks has come. */
function Acting() {
  const [first, ...others] = runningProtections.value;
  if (!first) return null;
  const asks = first.asks.map(({ label, state }) => `${said(label)} (${t(`ask_${state ?? "none"}`)})`);
  return (
    <a class={first.failed ? "acting failed" : "acting"} href="#/protections" data-testid="acting">
      <b>
        {first.code} {said(first.label)} · {t(`protection_${stateKey(first)}`)}
        {others.length > 0 && <span class="quiet"> +{others.length}</span>}
      </b>
      <span>{asks.join(" · ")}</span>
    </a>
  );
}

function Counts() {
  const all = alarmList.value;
  const unseen = all.filter((alarm) => !alarm.acknowledged).length;
  return (
    <ul class="counts">
      {levels.map((level) => {
        const own = all.filter((alarm) => alarm.level === level);
        return (
          <li key={level} class={own.length === 0 ? "none" : ""} data-testid={`count-${level}`}>
            <Mark level={level} flashing={own.some((alarm) => !alarm.acknowledged)} />
            <span>
              <span class="level">{t(level)} </span>
              <b>{own.length}</b>
            </span>
          </li>
        );
      })}
      <li class={unseen === 0 ? "none" : ""}>{t("unacknowledged", { n: unseen })}</li>
    </ul>
  );
}
