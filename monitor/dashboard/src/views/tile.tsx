/** One zone: its grade, what matters most in it, and what is wrong with it. */

import type { Alarm } from "../api-types";
import { crossing, foremost } from "../alarms";
import { duration, unit, value } from "../format";
import { said, t } from "../i18n";
import { alike, type PlantIndex, type Source, type ZoneView } from "../plant";
import { isUsable, type Reading } from "../rows";
import { alarmsByZone, focus, index, lookAtZone, readingOf } from "../store";
import { Comb } from "./comb";
import { Mark } from "./mark";

export function Tile({ view }: { view: ZoneView }) {
  const { zone } = view;
  const own = alarmsByZone.value.get(zone.id) ?? [];
  const worst = foremost(own);
  const main = mainOf(view, worst, index.value);
  const now = main && readingOf(main).value;
  const inFocus = focus.value !== null && "zone" in focus.value && focus.value.zone === zone.id;
  const untrusted = now !== undefined && !isUsable(now.standing);
  const standing = [worst?.level ?? "", worst?.active === false ? "over" : "", untrusted ? "untrusted" : ""];
  return (
    <button
      class={`tile grade-${zone.grade} ${standing.join(" ")}`}
      aria-pressed={inFocus}
      onClick={() => lookAtZone(zone.id)}
      data-testid={`zone-${zone.id}`}
    >
      <span class="tile-head">
        {worst && <Mark level={worst.level} flashing={own.some((alarm) => !alarm.acknowledged)} />}
        <span class="more">{own.length > 1 ? t("several", { n: own.length }) : ""}</span>
        <span class="grade" aria-label={t("grade", { grade: zone.grade })}>
          {zone.grade}
        </span>
      </span>
      {view.chambers.length > 0 && <Comb chambers={view.chambers} />}
      <Main view={view} main={main} now={now} worst={worst} />
      <span class="tile-foot">
        <span class="label">{said(zone.label)}</span>
        <span class="age">{now ? duration(now.age_s) : ""}</span>
      </span>
    </button>
  );
}

/** The channel that is in alarm, or else the most telling one. */
function mainOf(view: ZoneView, worst: Alarm | undefined, plant: PlantIndex | null): Source | undefined {
  const troubled = worst?.active && worst.channel !== null ? plant?.channels.get(worst.channel) : undefined;
  return troubled ?? view.face[0];
}

interface MainProps {
  view: ZoneView;
  main: Source | undefined;
  now: Reading | undefined;
  worst: Alarm | undefined;
}

function Main({ view, main, now, worst }: MainProps) {
  const plant = index.value;
  if (!main || !now || !plant) return <span class="quiet">{t("nothing_measured")}</span>;
  const troubled = worst?.active === true && worst.channel === main.channel.id;
  const comb = view.chambers.length > 0;
  return (
    <>
      <span class={comb ? "figure small" : "figure"}>
        {comb && !troubled ? <Spread view={view} source={main} /> : value(main.channel, now.value, said)}{" "}
        <small>{unit(main.channel.unit)}</small>
      </span>
      <span class="second">
        {troubled ? (
          <>
            <b>{crossing(worst, plant)}</b> <span>{said(main.channel.label)}</span>
          </>
        ) : isUsable(now.standing) ? (
          view.face.slice(1).map((source) => <Second key={source.channel.id} view={view} source={source} />)
        ) : (
          t(now.standing === "old" ? "too_old" : `quality_${now.quality}`)
        )}
      </span>
    </>
  );
}

function Second({ view, source }: { view: ZoneView; source: Source }) {
  const now = readingOf(source).value;
  return (
    <span class={isUsable(now.standing) ? "" : "faint"}>
      {view.chambers.length > 0 ? <Spread view={view} source={source} /> : value(source.channel, now.value, said)}{" "}
      {unit(source.channel.unit)}
    </span>
  );
}

/** From the lowest to the highest among the chambers. One that cannot be relied on is left out, unless all are so. */
function Spread({ view, source }: { view: ZoneView; source: Source }) {
  const readings = alike(view, source).map((one) => readingOf(one).value);
  const usable = readings.filter((now) => isUsable(now.standing));
  const known = (usable.length > 0 ? usable : readings).flatMap((now) => (now.value === null ? [] : [now.value]));
  const ends = known.length === 0 ? [null] : [Math.min(...known), Math.max(...known)];
  const words = ends.map((end) => value(source.channel, end, said));
  return <>{[...new Set(words)].join(" – ")}</>;
}
