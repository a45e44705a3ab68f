/** One alarm for a telephone: what is wrong, what to do, who was called, and to say that one has seen it. No menu. */

import { useEffect } from "preact/hooks";
import { crossing, place, title, worst } from "../alarms";
import type { Alarm } from "../api-types";
import { duty, isToConfirm, noticesOf, withLive, type DutyNow, type Notices } from "../duty";
import { dateTime, elapsed, permittedOf, unit, value } from "../format";
import { said, t } from "../i18n";
import { stayLive } from "../live";
import { measured, onWire, sourceOf, type PlantIndex } from "../plant";
import { stateKey } from "../protections";
import { tellOfShown } from "../shown";
import { alarms, index, may, person, protections, readingOf, server_ms } from "../store";
import { Acknowledge } from "./acknowledge";
import { when } from "./admin";
import { useAsked } from "./asked";
import { nameOf } from "./duty";
import { LanguageSwitch, ThemeSwitch } from "./header";
import { Grounds } from "./live-value";
import { Mark } from "./mark";
import { MiniTrend } from "./mini-trend";
import { Came, NoticeState } from "./notices";
import { NotLive } from "./not-live";
import { GuidanceOf } from "./unfolded";

const again_ms = 5000;

interface CallProps {
  alarm: string;
  raised_at: string;
}

export function CallPage({ alarm: id, raised_at }: CallProps) {
  useEffect(stayLive, []);
  useEffect(tellOfShown, []);
  const plant = index.value;
  const found = alarms.value.get(id);
  // The links write the time without the fractions that are zero.
  const alarm = found && Date.parse(found.raised_at) === Date.parse(raised_at) ? found : undefined;
  return (
    <div class="call">
      <Grounds />
      <NotLive />
      <header>
        <a href="#/" data-testid="call-whole">
          ‹ {t("call_whole_screen")}
        </a>
        <nav class="switches">
          <LanguageSwitch />
          <ThemeSwitch />
        </nav>
      </header>
      <main data-testid="call-page">
        {plant && alarm && <Standing alarm={alarm} plant={plant} />}
        {!alarm && <Gone id={id} raised_at={raised_at} />}
        {Number.isNaN(Date.parse(raised_at)) || <Who id={id} raised_at={raised_at} alarm={alarm} />}
      </main>
    </div>
  );
}

function Gone({ id, raised_at }: { id: string; raised_at: string }) {
  const known = !Number.isNaN(Date.parse(raised_at));
  return (
    <section class="call-state gone" data-testid="call-gone">
      <h1>{known ? t("call_over") : t("call_wrong_address")}</h1>
      <p>{known ? t("call_gone") : ""}</p>
      <p class="quiet">{id}</p>
    </section>
  );
}

function Standing({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const zone = plant.zones.get(alarm.zone ?? "")?.zone;
  const time_zone = plant.plant.time_zone;
  const wire = alarm.channel === null ? undefined : onWire(alarm.channel, plant);
  const source = wire === undefined ? undefined : sourceOf(wire, plant);
  return (
    <>
      <section class={`call-state ${alarm.level} ${alarm.acknowledged ? "seen" : ""}`} data-testid="call-state">
        <p class="call-kind">
          <Mark level={alarm.level} /> {t(`priority_${alarm.priority}`)} · {alarm.active ? t(`state_${alarm.state}`) : t("call_over")}
          {alarm.first_out && ` · ${t("first_out")}`}
        </p>
        <h1>{title(alarm, plant)}</h1>
        <p>
          {place(alarm, plant)}
          {zone && ` · ${t("grade", { grade: zone.grade })}`}
        </p>
        <Figures alarm={alarm} plant={plant} />
        <p>
          {t("since")} <time dateTime={alarm.raised_at}>{dateTime(Date.parse(alarm.raised_at), time_zone)}</time> · <Since alarm={alarm} />
        </p>
        {alarm.acknowledged_by !== "" && <p data-testid="call-acknowledged">{t("call_acknowledged", { who: alarm.acknowledged_by })}</p>}
        {alarm.detail !== "" && alarm.worst === null && <p class="quiet">{alarm.detail}</p>}
      </section>
      {may("acknowledge") && !alarm.acknowledged && <Acknowledge alarm={alarm} testid="call-ack" />}
      {source && <MiniTrend alarm={alarm} source={source} plant={plant} />}
      <GuidanceOf id={alarm.id} />
      <Done alarm={alarm} />
    </>
  );
}

function Since({ alarm }: { alarm: Alarm }) {
  return <span aria-live="off">{elapsed(((server_ms.value ?? NaN) - Date.parse(alarm.raised_at)) / 1000)}</span>;
}

/** The worst value in large figures, what is permitted, and the value now. */
function Figures({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const channel = measured(alarm.channel, plant);
  const limit = plant.limits.get(alarm.id);
  const source = alarm.channel === null ? undefined : sourceOf(alarm.channel, plant);
  if (!channel || alarm.worst === null) return null;
  return (
    <p class="call-figures">
      <b data-testid="call-value">{worst(alarm, plant)}</b>
      <span>
        {limit ? t("call_limit", { level: t(alarm.level), bounds: `${permittedOf(limit, channel, said)} ${unit(channel.unit)}` }) : crossing(alarm, plant)}
        <br />
        {source && t("call_now", { value: `${value(channel, readingOf(source).value.value, said)} ${unit(channel.unit)}`.trimEnd() })}
      </span>
    </p>
  );
}

/** What protected itself because of it, and how far that has come. */
function Done({ alarm }: { alarm: Alarm }) {
  const own = [...protections.value.values()].filter((one) => one.because.includes(alarm.id) || alarm.id.startsWith(one.id));
  return (
    <section data-testid="call-done">
      <h2>{t("call_done")}</h2>
      {own.length === 0 && <p class="quiet">{t("call_done_nothing")}</p>}
      {own.map((one) => (
        <p key={one.id}>
          {one.code} {said(one.label)}: <b>{t(`protection_${stateKey(one)}`)}</b>
          <br />
          {said(one.instruction)}
        </p>
      ))}
    </section>
  );
}

async function called(id: string, raised_at: string): Promise<{ sent: Notices; known: DutyNow }> {
  const [sent, known] = await Promise.all([noticesOf(id, raised_at), duty()]);
  return { sent, known };
}

function Who({ id, raised_at, alarm }: { id: string; raised_at: string; alarm: Alarm | undefined }) {
  const { told, failure, again } = useAsked(() => called(id, raised_at), [id, raised_at]);
  useEffect(() => {
    const asking = setInterval(() => void again(), again_ms);
    return () => clearInterval(asking);
  }, [again]);
  const name = person.value?.name ?? "";
  const people = told?.known.people ?? [];
  const shown = told && (told.sent.database || !alarm ? told.sent.notices : withLive(told.sent.notices, alarm));
  const own = told?.sent.notices.find((one) => isToConfirm(one, name));
  return (
    <section data-testid="call-who">
      <h2>{t("call_who")}</h2>
      <p class="failure" role="alert">
        {failure}
      </p>
      {told?.sent.database === false && !alarm && <p class="quiet">{t("duty_only_pending")}</p>}
      {shown?.length === 0 && <p class="quiet">{t("call_who_none")}</p>}
      <ul>
        {shown?.map((one) => (
          <li key={one.key}>
            <b>{nameOf(one.person, people)}</b>{" "}
            <span class="quiet">
              {[when(one.at).slice(11), one.way, one.kind === "clear" ? t("notice_clear") : `${t("notice_step")} ${one.step}`].join(" · ")}
            </span>
            <br />
            <NoticeState one={one} people={people} />
          </li>
        ))}
      </ul>
      {own && may("receive") && <Came notice={own} again={again} />}
    </section>
  );
}
