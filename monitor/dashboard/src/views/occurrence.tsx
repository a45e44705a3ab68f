/** One occurrence of an alarm of the past: a line, and below it what the book says of it. */

import { useEffect, useState } from "preact/hooks";
import { crossing, place, title, worst } from "../alarms";
import { transitions } from "../api";
import type { Alarm, Transition } from "../api-types";
import { dateTime, duration } from "../format";
import { isKey, t } from "../i18n";
import type { PlantIndex } from "../plant";
import { trendsAround } from "../trends";
import { whyNot } from "./deed";
import { Mark } from "./mark";
import { PriorityMark } from "./priority";

export function Occurrence({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const [open, setOpen] = useState(false);
  const facts = [alarm.worst === null ? "" : t("worst", { value: worst(alarm, plant) }), crossing(alarm, plant), alarm.detail];
  return (
    <li class={alarm.level} data-testid={`past-${alarm.id}`}>
      <button class="occurrence" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="sign">
          <Mark level={alarm.level} /> <PriorityMark priority={alarm.priority} />
        </span>
        <time dateTime={alarm.raised_at}>{dateTime(Date.parse(alarm.raised_at), plant.plant.time_zone)}</time>
        <span class="what">
          <b>{title(alarm, plant)}</b>
          <span class="quiet">{[place(alarm, plant), ...facts].filter((fact) => fact !== "").join(" · ")}</span>
        </span>
        <span class="lasted">{lasted(alarm)}</span>
        <span class="state">
          {t(`state_${alarm.state}`)}
          {alarm.acknowledged_by !== "" && <span class="quiet"> {t("acknowledged_by", { who: alarm.acknowledged_by })}</span>}
        </span>
      </button>
      {open && <Story alarm={alarm} plant={plant} />}
    </li>
  );
}

/** As long as its condition was known to hold; what stands still has no end. */
const lasted = ({ active, raised_at, changed_at }: Alarm): string =>
  active ? t("still") : duration((Date.parse(changed_at) - Date.parse(raised_at)) / 1000);

function Story({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const [told, setTold] = useState<readonly Transition[] | string>(t("asking"));
  useEffect(() => {
    transitions(alarm.id, alarm.raised_at).then(setTold, (error: unknown) => setTold(whyNot(error)));
  }, [alarm.id, alarm.raised_at]);
  return (
    <div class="story" data-testid={`story-${alarm.id}`}>
      {typeof told === "string" ? <p class="quiet">{told}</p> : <Changes list={told} zone={plant.plant.time_zone} />}
      {alarm.channel !== null && plant.channels.has(alarm.channel) && (
        <a href={trendsAround(alarm.channel, Date.parse(alarm.raised_at))} data-testid={`trend-of-${alarm.id}`}>
          {t("its_trend")}
        </a>
      )}
    </div>
  );
}

function Changes({ list, zone }: { list: readonly Transition[]; zone: string }) {
  if (list.length === 0) return <p class="quiet">{t("book_says_nothing")}</p>;
  return (
    <ol aria-label={t("what_happened")}>
      {[...list].reverse().map((one, place) => (
        <li key={place}>
          <time dateTime={one.at}>{dateTime(Date.parse(one.at), zone)}</time>
          <b>{reasonOf(one)}</b>
          <span>{[one.who, one.second].filter((name) => name !== "").join(" + ")}</span>
          <span class="quiet">{one.comment}</span>
        </li>
      ))}
    </ol>
  );
}

export function reasonOf({ reason }: Transition): string {
  const key = `reason_${reason}`;
  return isKey(key) ? t(key) : reason;
}
