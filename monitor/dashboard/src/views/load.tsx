/** How much the alarms of a time asked of people, beside what ISA-18.2 aims at. */

import { useEffect, useState } from "preact/hooks";
import { titleOf } from "../alarms";
import { alarmLoad } from "../api";
import type { AlarmLoad } from "../api-types";
import { said, t } from "../i18n";
import { aims, type Aim } from "../load";
import { lastHours } from "../period";
import { measured, type PlantIndex } from "../plant";
import { server_ms } from "../store";
import { whyNot } from "./deed";

const periods_d = [1, 7, 30] as const;

export function Load({ plant }: { plant: PlantIndex }) {
  const [days, setDays] = useState<number>(periods_d[0]);
  const [told, setTold] = useState<AlarmLoad | string>(t("asking"));
  useEffect(() => {
    alarmLoad(lastHours(24 * days, server_ms.peek() ?? Date.now())).then(setTold, (error: unknown) => setTold(whyNot(error)));
  }, [days]);
  return (
    <section class="panel load" data-testid="load">
      <p class="presets">
        {periods_d.map((one) => (
          <button key={one} class="plain" aria-pressed={one === days} onClick={() => setDays(one)} data-testid={`load-${one}`}>
            {one === 1 ? t("last_hours", { n: 24 }) : t("last_days", { n: one })}
          </button>
        ))}
        <span class="quiet">{t("load_note")}</span>
      </p>
      {typeof told === "string" ? <p class="quiet">{told}</p> : <Figures load={told} plant={plant} />}
    </section>
  );
}

function Figures({ load, plant }: { load: AlarmLoad; plant: PlantIndex }) {
  return (
    <div class="figures-of-load">
      <table>
        <thead>
          <tr>
            <th />
            <th class="number">{t("figure_now")}</th>
            <th class="number">{t("aim")}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {aims(load).map((one) => (
            <Row key={one.name} one={one} />
          ))}
        </tbody>
      </table>
      <Top load={load} plant={plant} />
    </div>
  );
}

function Row({ one }: { one: Aim }) {
  return (
    <tr class={one.met === false ? "off-aim" : ""} data-testid={`load-of-${one.name}`}>
      <th scope="row">{t(`load_${one.name}`)}</th>
      <td class="number figure">{one.shown}</td>
      <td class="number quiet">{one.aim}</td>
      <td>{one.met === null ? "" : one.met ? <span class="quiet">{t("within_aim")}</span> : <b>▲ {t("off_aim")}</b>}</td>
    </tr>
  );
}

function Top({ load, plant }: { load: AlarmLoad; plant: PlantIndex }) {
  const most = Math.max(1, ...load.top.map(({ times }) => times));
  return (
    <section class="top">
      <h3>{t("most_frequent")}</h3>
      {load.top.length === 0 && <p class="quiet">{t("none")}</p>}
      <ol>
        {load.top.map(({ alarm, times }) => (
          <li key={alarm} title={alarm}>
            <span class="what">{nameOf(alarm, plant)}</span>
            <span class="bar" style={{ width: `${(100 * times) / most}%` }} />
            <b aria-label={t("times")}>{times}</b>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What is judged, at which level, and where; of what has no limit, its title. */
function nameOf(alarm: string, plant: PlantIndex): string {
  const limit = plant.limits.get(alarm);
  const channel = limit && measured(limit.channel, plant);
  const device = alarm.slice(0, alarm.indexOf("/"));
  if (!channel) return titleOf(alarm, plant);
  const zone = plant.zones.get(channel.zone)?.zone;
  return [said(channel.label), t(limit.level), zone?.line ?? device, zone && said(zone.label)].filter(Boolean).join(" · ");
}
