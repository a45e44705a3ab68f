/** One occurrence of an alarm of the past: a line, and below it what the book says of it. */

import { useEffect, useState } from "preact/hooks";
import { crossing, detailOf, place, title, worst } from "../alarms";
import { transitions } from "../api";
import type { Alarm, Transition } from "../api-types";
import { dateTime, duration } from "../format";
import { isKey, said, t } from "../i18n";
import type { PlantIndex } from "../plant";
import { trendsAround } from "../trends";
import { whyNot } from "./deed";
import { Mark } from "./mark";
import { Times } from "./times";
import { PriorityMark } from "./priority";

export function Occurrence({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const [open, setOpen] = useState(false);
  const furthest = worst(alarm, plant);
  const facts = furthest ? [t("worst", { value: furthest }), crossing(alarm, plant)] : [detailOf(alarm, plant)];
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
        <span class="state">
          {t(`state_${alarm.state}`)}
          {alarm.active && <b> {t("still")}</b>}
          {alarm.acknowledged_by !== "" && <span class="quiet"> {t("acknowledged_by", { who: alarm.acknowledged_by })}</span>}
        </span>
      </button>
      {open && <Story alarm={alarm} plant={plant} />}
    </li>
  );
}

function Story({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const [told, setTold] = useState<readonly Transition[] | string>(t("asking"));
  useEffect(() => {
    transitions(alarm.id, alarm.raised_at).then(setTold, (error: unknown) => setTold(whyNot(error)));
  }, [alarm.id, alarm.raised_at]);
  return (
    <div class="story" data-testid={`story-${alarm.id}`}>
      {typeof told === "string" ? <p class="quiet">{told}</p> : <Changes list={told} alarm={alarm} plant={plant} />}
      {typeof told !== "string" && <Times id={alarm.id} raised_at={alarm.raised_at} zone={plant.plant.time_zone} />}
      {alarm.channel !== null && plant.channels.has(alarm.channel) && (
        <a href={trendsAround(alarm.channel, Date.parse(alarm.raised_at))} data-testid={`trend-of-${alarm.id}`}>
          {t("its_trend")}
        </a>
      )}
    </div>
  );
}

interface ChangesProps {
  list: readonly Transition[];
  alarm: Alarm;
  plant: PlantIndex;
}

/** Each change in its order, with how long after the alarm was raised it came. */
function Changes({ list, alarm, plant }: ChangesProps) {
  if (list.length === 0) return <p class="quiet">{t("book_says_nothing")}</p>;
  const raised_ms = Date.parse(alarm.raised_at);
  return (
    <ol aria-label={t("what_happened")}>
      {[...list].reverse().map((one, place) => (
        <li key={place}>
          <time dateTime={one.at}>{dateTime(Date.parse(one.at), plant.plant.time_zone)}</time>
          <span class="quiet after">+ {duration((Date.parse(one.at) - raised_ms) / 1000)}</span>
          <b>{reasonOf(one)}</b>
          <span>{[one.who, one.second].filter((name) => name !== "").join(" + ")}</span>
          <span class="quiet">{whyOf(one, plant)}</span>
        </li>
      ))}
    </ol>
  );
}

/** What a person said; of what is hidden by design, the reason that the plant gives. */
function whyOf({ comment }: Transition, plant: PlantIndex): string {
  const known = plant.plant.suppressions.find(({ id }) => id === comment);
  return known ? said(known.reason) : comment;
}

export function reasonOf({ reason }: Transition): string {
  const key = `reason_${reason}`;
  return isKey(key) ? t(key) : reason;
}
