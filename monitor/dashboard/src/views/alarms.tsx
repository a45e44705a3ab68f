/** Every alarm that is not normal, the worst first. */

import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { crossing, detailOf, isHeld, place, title, worst } from "../alarms";
import { reset } from "../api";
import type { Alarm } from "../api-types";
import { dateTime, elapsed, unit, value } from "../format";
import { said, t } from "../i18n";
import { goToAlarm } from "../page";
import type { PlantIndex } from "../plant";
import { isUsable } from "../rows";
import { alarmList, index, may, readingOf, server_s, takeAlarm } from "../store";
import { Acknowledge } from "./acknowledge";
import { Deed } from "./deed";
import { Hidden } from "./hidden";
import { Mark } from "./mark";
import { PriorityMark } from "./priority";
import { Unfolded } from "./unfolded";

export function AlarmTable() {
  const plant = index.value;
  const list = alarmList.value;
  if (!plant) return null;
  return (
    <section class={list.length === 0 ? "panel alarms calm" : "panel alarms"} aria-label={t("alarms")}>
      <h2>
        {t("alarms")} <span class="quiet">{list.length === 0 ? t("all_normal") : list.length}</span>
      </h2>
      {list.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>{t("level")}</th>
              <th>{t("alarm")}</th>
              <th>{t("value_limit")}</th>
              <th>{t("since")}</th>
              <th>{t("state")}</th>
              <th aria-label={t("acknowledge")} />
            </tr>
          </thead>
          <tbody>
            {list.map((alarm) => (
              <AlarmRow key={`${alarm.id} ${alarm.raised_at}`} alarm={alarm} plant={plant} />
            ))}
          </tbody>
        </table>
      )}
      <Hidden plant={plant} />
    </section>
  );
}

function AlarmRow({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <tr class={`${alarm.level}${alarm.active ? " active" : ""}`} data-testid={`alarm-${alarm.id}`}>
        <td class="sign">
          <Mark level={alarm.level} flashing={!alarm.acknowledged} /> <PriorityMark priority={alarm.priority} />
        </td>
        <td class="what">
          <button class="link" onClick={() => goToAlarm(alarm)}>
            {title(alarm, plant)}
          </button>
          <span class="quiet">{[place(alarm, plant), detailOf(alarm, plant)].filter((part) => part !== "").join(" · ")}</span>
          <button class="link unfold" aria-expanded={open} data-testid={`unfold-${alarm.id}`} onClick={() => setOpen(!open)}>
            {open ? "▾" : "▸"} {t("guidance")}
          </button>
        </td>
        <td class="figures">
          <Current alarm={alarm} plant={plant} />
        </td>
        <td class="since">
          <Since alarm={alarm} zone={plant.plant.time_zone} />
        </td>
        <td class="state">
          {t(`state_${alarm.state}`)}
          {alarm.first_out && <span class="first-out"> {t("first_out")}</span>}
          {alarm.acknowledged && <span class="quiet">{t("acknowledged_by", { who: alarm.acknowledged_by })}</span>}
        </td>
        <td class="deed"><NextDeed alarm={alarm} /></td>
      </tr>
      {open && (
        <tr class="more">
          <td colSpan={6}>
            <Unfolded alarm={alarm} />
          </td>
        </tr>
      )}
    </>
  );
}

/** It is acknowledged first; what is held then goes by a reset. */
function NextDeed({ alarm }: { alarm: Alarm }) {
  if (!alarm.acknowledged) return may("acknowledge") ? <Acknowledge alarm={alarm} testid={`ack-${alarm.id}`} /> : null;
  if (!isHeld(alarm) || !may("reset_alarm")) return null;
  return <Deed label={t("reset")} testid={`reset-${alarm.id}`} act={async () => takeAlarm(await reset(alarm))} />;
}

/** The value now, the bound that was crossed, and the worst since. */
function Current({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const source = alarm.channel === null ? undefined : plant.channels.get(alarm.channel);
  const now = useComputed(() => (source ? value(source.channel, readingOf(source).value.value, said) : ""));
  const look = useComputed(() => (source && !isUsable(readingOf(source).value.standing) ? "untrusted" : ""));
  if (!source) return null;
  return (
    <>
      <span class={look}>
        <span class="figure">
          {now} <small>{unit(source.channel.unit)}</small>
        </span>
      </span>{" "}
      <span class="bound">{crossing(alarm, plant)}</span>
      {alarm.worst !== null && <span class="quiet">{t("worst", { value: worst(alarm, plant) })}</span>}
    </>
  );
}

function Since({ alarm, zone }: { alarm: Alarm; zone: string }) {
  const raised_ms = Date.parse(alarm.raised_at);
  const lasted = useComputed(() =>
    elapsed(server_s.value === undefined ? null : server_s.value - Date.parse(alarm.raised_at) / 1000),
  );
  const [date, time] = dateTime(raised_ms, zone).split(" ");
  return (
    <>
      <time dateTime={alarm.raised_at} title={date}>
        {time}
      </time>
      <span class="quiet">{lasted}</span>
    </>
  );
}
