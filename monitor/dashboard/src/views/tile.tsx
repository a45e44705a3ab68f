/** One zone: its grade, what matters most in it, and what is wrong with it. */

import type { Alarm, Device } from "../api-types";
import { crossing, foremost } from "../alarms";
import { freshness, unit, value } from "../format";
import { said, t } from "../i18n";
import { alike, type BoardRow, type PlantIndex, type Source, type ZoneView } from "../plant";
import { looks } from "../look";
import { isUsable, type Reading } from "../rows";
import { alarmsByZone, focus, hiddenByZone, index, lookAtZone, readingOf, standingOf } from "../store";
import { useLive } from "../use-live";
import { ZoneBatch } from "./batch-clock";
import { Comb } from "./comb";
import { Mark } from "./mark";
import { ZoneOccupancy } from "./occupancy";

const none: readonly Alarm[] = [];

interface TileProps {
  view: ZoneView;
  name: string;
  faded: boolean;
}

/** `faded`: something else is looked for; a zone in alarm does not fade. */
export function Tile({ view, name, faded }: TileProps) {
  const { zone } = view;
  const own = useLive(() => alarmsByZone.value.get(zone.id) ?? none, [zone.id]).value;
  const worst = foremost(own);
  const telling = foremost(own.filter(({ active, level, channel }) => active && level === worst?.level && channel !== null)) ?? worst;
  const main = mainOf(view, telling, index.value);
  const age = useLive(() => (main ? freshness(readingOf(main).value.age_s) : ""), [main]);
  const inFocus = useLive(() => focus.value !== null && "zone" in focus.value && focus.value.zone === zone.id, [zone.id]);
  const hidden = useLive(() => hiddenByZone.value.get(zone.id)?.length ?? 0, [zone.id]).value;
  const look = useLive(() => {
    const alarm = worst ? `${worst.level}${worst.active ? "" : " over"}` : faded ? "faded" : "";
    const words = [`tile grade-${zone.grade}`, alarm, hidden > 0 ? "suppressed" : "", main ? looks(readingOf(main).value) : ""];
    return words.filter((word) => word !== "").join(" ");
  }, [main, worst, faded, zone, hidden]);
  return (
    <button
      class={look}
      aria-pressed={inFocus.value}
      title={`${zone.id} · ${said(zone.label)}`}
      onClick={() => lookAtZone(zone.id)}
      data-testid={`zone-${zone.id}`}
    >
      <span class="tile-head">
        {worst && <Mark level={worst.level} flashing={own.some((alarm) => !alarm.acknowledged)} />}
        {hidden > 0 && <HiddenSign n={hidden} />}
        <ZoneBatch zone={zone.id} line={zone.line} />
        <ZoneOccupancy zone={zone.id} />
        <span class="more">{own.length > 1 ? t("several", { n: own.length }) : ""}</span>
        <span class="age">{age}</span>
        <span class="grade" aria-label={t("grade", { grade: zone.grade })}>
          {zone.grade}
        </span>
      </span>
      {view.chambers.length > 0 && <Comb chambers={view.chambers} />}
      {view.board.length > 0 ? <Board rows={view.board} own={own} /> : <Main view={view} main={main} worst={telling} />}
      <span class="label">{name}</span>
    </button>
  );
}

/** Alarms of the zone are hidden: a bell that is crossed out, in no colour. */
function HiddenSign({ n }: { n: number }) {
  return (
    <svg class="hidden-sign" viewBox="0 0 20 20" role="img" aria-label={t("n_hidden", { n })}>
      <title>{t("n_hidden", { n })}</title>
      <path d="M5 14h10l-1.5-2V8.5a3.5 3.5 0 0 0-7 0V12zM8.5 16h3M3 3l14 14" />
    </svg>
  );
}

/** The channel that is past a limit, or else the most telling one: what a counter lacks hides no room's pressure. */
function mainOf(view: ZoneView, worst: Alarm | undefined, plant: PlantIndex | null): Source | undefined {
  const crossed = worst?.active && worst.level !== "diagnostic" ? worst.channel : null;
  return (crossed === null ? undefined : plant?.channels.get(crossed)) ?? view.face[0];
}

interface MainProps {
  view: ZoneView;
  main: Source | undefined;
  worst: Alarm | undefined;
}

function Main({ view, main, worst }: MainProps) {
  const plant = index.value;
  if (!main || !plant) return <span class="second quiet">{t("nothing_measured")}</span>;
  const troubled = worst?.active === true && worst.channel === main.channel.id;
  const comb = view.chambers.length > 0 && !troubled;
  return (
    <>
      <span class={view.chambers.length > 0 ? "figure small" : "figure"}>
        <Value view={view} source={main} comb={comb} /> <small>{unit(main.channel.unit)}</small>
      </span>
      <span class="second">
        {troubled ? (
          <>
            <b>{crossing(worst, plant)}</b> <span class="name">{said(main.channel.label)}</span>
          </>
        ) : (
          <Others view={view} main={main} />
        )}
      </span>
    </>
  );
}

/** What else the tile shows; or, where the main value cannot be relied on, why. */
function Others({ view, main }: { view: ZoneView; main: Source }) {
  const why = useLive(() => whyNot(readingOf(main).value), [main]);
  if (why.value !== "") return <span class="why">{why}</span>;
  return (
    <>
      {view.face.slice(1).map((source) => (
        <Second key={source.channel.id} view={view} source={source} />
      ))}
    </>
  );
}

const whyNot = ({ standing, quality }: Reading): string =>
  isUsable(standing) ? "" : t(standing === "old" ? "too_old" : `quality_${quality}`);

function Second({ view, source }: { view: ZoneView; source: Source }) {
  const look = useLive(() => (isUsable(readingOf(source).value.standing) ? "" : "faint"), [source]);
  return (
    <span class={look}>
      <Value view={view} source={source} comb={view.chambers.length > 0} /> {unit(source.channel.unit)}
    </span>
  );
}

/** A value as a text that renews itself; of a comb, from the lowest to the highest among its chambers. */
function Value({ view, source, comb }: { view: ZoneView; source: Source; comb: boolean }) {
  const shown = useLive(
    () => (comb ? spread(view, source) : value(source.channel, readingOf(source).value.value, said)),
    [view, source, comb],
  );
  return <>{shown}</>;
}

/** One that cannot be relied on is left out, unless all are so. */
function spread(view: ZoneView, source: Source): string {
  const readings = alike(view, source).map((one) => readingOf(one).value);
  const usable = readings.filter((now) => isUsable(now.standing));
  const known = (usable.length > 0 ? usable : readings).flatMap((now) => (now.value === null ? [] : [now.value]));
  const ends = known.length === 0 ? [null] : [Math.min(...known), Math.max(...known)];
  return [...new Set(ends.map((end) => value(source.channel, end, said)))].join(" – ");
}

function Board({ rows, own }: { rows: readonly BoardRow[]; own: readonly Alarm[] }) {
  return (
    <span class="board">
      {rows.map(({ device, lead }) => {
        const worst = foremost(own.filter((alarm) => alarm.device === device.id && alarm.active && alarm.channel !== null));
        const troubled = worst && index.value?.channels.get(worst.channel ?? "");
        return <Row key={device.id} device={device} lead={troubled ?? lead} worst={worst} />;
      })}
    </span>
  );
}

interface RowProps {
  device: Device;
  lead: Source | undefined;
  worst: Alarm | undefined;
}

function Row({ device, lead, worst }: RowProps) {
  const plant = index.value;
  const standing = standingOf(device);
  const look = useLive(() => (standing.value.live ? "row" : "row untrusted"), [standing]);
  const shown = useLive(() => (lead ? value(lead.channel, readingOf(lead).value.value, said) : ""), [lead]);
  const age = useLive(() => freshness(standing.value.age_s), [standing]);
  return (
    <span class={look}>
      <span class="name">{said(device.label)}</span>
      {worst && plant && <b>{crossing(worst, plant)}</b>}
      <span class="figure" title={lead && said(lead.channel.label)}>
        {shown} <small>{lead ? unit(lead.channel.unit) : ""}</small>
      </span>
      <span class="age">{age}</span>
    </span>
  );
}
