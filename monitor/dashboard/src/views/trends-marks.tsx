/** What is marked on the chart, in words, the latest first. */

import { detailOf, title } from "../alarms";
import type { Level } from "../api-types";
import { dateTime } from "../format";
import { said, t } from "../i18n";
import { measured, type PlantIndex } from "../plant";
import { reasonOf } from "./occurrence";
import { Mark } from "./mark";
import type { Told } from "./trends-data";

const most_shown = 100;

interface Line {
  at: string;
  level: Level | null;
  what: string;
  who: string;
}

export function Marks({ told, plant }: { told: Told; plant: PlantIndex }) {
  const lines = linesOf(told, plant).slice(0, most_shown);
  return (
    <section class="marks" data-testid="trends-marks">
      <h3>{t("marks")}</h3>
      {lines.length === 0 && <p class="quiet">{t("no_marks")}</p>}
      <ol>
        {lines.map((line, place) => (
          <li key={place}>
            <time dateTime={line.at}>{dateTime(Date.parse(line.at), plant.plant.time_zone)}</time>
            {line.level ? <Mark level={line.level} /> : <span class="ring" aria-hidden="true" />}
            <span>{line.what}</span>
            <span class="quiet">{line.who}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function linesOf({ alarms, deeds }: Told, plant: PlantIndex): Line[] {
  const raised = alarms.map((alarm) => ({ at: alarm.raised_at, level: alarm.level, what: title(alarm, plant), who: detailOf(alarm, plant) }));
  const done = deeds.map((deed) => {
    const people = [deed.who, deed.second].filter((name) => name !== "").join(" + ");
    const who = [people, deed.comment].filter((word) => word !== "").join(": ");
    return { at: deed.at, level: null, what: `${nameOf(deed.alarm, plant)} · ${reasonOf(deed)}`, who };
  });
  return [...raised, ...done].sort((a, b) => b.at.localeCompare(a.at));
}

function nameOf(alarm: string, plant: PlantIndex): string {
  const channel = measured(plant.limits.get(alarm)?.channel ?? null, plant);
  return channel ? said(channel.label) : alarm;
}
