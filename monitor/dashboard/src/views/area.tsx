/** A line, or what the lines of a workshop share: its zones as tiles, and its devices. */

import { computed } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { foremost } from "../alarms";
import { areaKey, isMeant, shortName, type Area } from "../areas";
import type { Alarm, Device } from "../api-types";
import { freshness } from "../format";
import { isKey, said, t } from "../i18n";
import { doingsOf, isUnderWay, type Doing } from "../line";
import { addressOf } from "../page";
import { groupBy, type PlantIndex, type ZoneView } from "../plant";
import { alarmList, focus, index, lookAtDevice, lookAtZone, standingOf, typed } from "../store";
import { useLive } from "../use-live";
import { LineBatch } from "./batch-clock";
import { Cascade } from "./cascade";
import { DeviceCard } from "./device-card";
import { shownOf, usableNow } from "./live-value";
import { Mark } from "./mark";
import { LineOccupancy } from "./occupancy";
import { timeLeft } from "./phase";
import { Tile } from "./tile";

const alarmsByArea = computed(() =>
  groupBy(alarmList.value, (alarm) => {
    const zone = index.value?.zones.get(alarm.zone ?? "")?.zone;
    return zone ? areaKey(zone) : "";
  }),
);

interface AreaProps {
  area: Area;
  headed: boolean;
  roomy: boolean;
}

export function AreaCard({ area, headed, roomy }: AreaProps) {
  const plant = index.value;
  const nameOf = roomy ? ({ zone }: ZoneView) => said(zone.label) : shortName(area, said);
  return (
    <section class={area.line ? "area" : "area lineless"} data-testid={area.line ? `line-${area.id}` : `shared-${area.id}`}>
      {headed && <Head area={area} roomy={roomy} />}
      <div class="floor-map">
        <div class="tiles" style={{ gridTemplateColumns: widthsOf(area) }}>
          {area.zones.map((view) => (
            <Tile key={view.zone.id} view={view} name={nameOf(view)} faded={!isMeant(view, typed.value)} />
          ))}
        </div>
        {plant && <Cascade area={area} index={plant} columns={widthsOf(area)} roomy={roomy} />}
      </div>
      <ul class="devices" aria-label={t("devices")}>
        {area.devices.map((device) => (
          <DeviceChip key={device.id} device={device} onlyIfAway={!roomy} />
        ))}
      </ul>
    </section>
  );
}

/** Where the product is open there is more to show, and where several devices stand there is a row for each. */
const widthsOf = ({ zones }: Area): string =>
  zones.map(({ zone, board }) => `minmax(0, ${board.length > 0 ? 2.4 : zone.grade === "A" ? 1.35 : 1}fr)`).join(" ");

function Head({ area, roomy }: { area: Area; roomy: boolean }) {
  const { line, key } = area;
  const zones = useMemo(() => area.zones.map(({ zone }) => zone.id), [area]);
  const worst = foremost((alarmsByArea.value.get(key) ?? []).filter(({ active }) => active));
  const mode = `mode_${line?.mode ?? ""}`;
  return (
    <h3 class={worst?.level ?? (line ? "" : "shared")}>
      <AreaLink area={area} name={line ? line.id : t("shared")} worst={worst} />
      {line && (
        <>
          <span>{line.product}</span> <small class="name">{said(line.label)}</small>
          <LineBatch line={line.id} />
          <Doings area={area} />
          {roomy && <LineOccupancy id={line.id} zones={zones} />}
          <small class="mode">{isKey(mode) ? t(mode) : line.mode}</small>
        </>
      )}
    </h3>
  );
}

/** What the line's machines are doing, in quiet words: a mode is no alarm. */
function Doings({ area }: { area: Area }) {
  const plant = index.value;
  const doings = useMemo(() => (plant ? doingsOf(area, plant) : []), [area.key, plant]);
  const words = useLive(() => doings.map(wordsOf).filter((word) => word !== "").join(" · "), [doings]);
  return (
    <small class="doings" data-testid={`doings-${area.id}`}>
      {words}
    </small>
  );
}

/** `production`, or `aerate, 18 min left` while a phase is under way; what is not known is not told. */
function wordsOf({ mode, phase, left }: Doing): string {
  const now = phase && usableNow(phase);
  if (phase && isUnderWay(phase, now ?? null)) {
    return [said(phase.channel.label), shownOf(phase), timeLeft(phase, left)].filter((word) => word !== "").join(" ");
  }
  return mode && usableNow(mode) !== null ? shownOf(mode) : "";
}

export function AreaLink({ area, name, worst }: { area: Area; name: string; worst?: Alarm | undefined }) {
  return (
    <a class="area-link" href={addressOf(area.key)} data-testid={`open-${area.key}`}>
      {worst && <Mark level={worst.level} />}
      {name}
    </a>
  );
}

/** One area alone on the page. What is looked at closely is in it, from the moment that it is opened. */
export function AreaPage({ area }: { area: Area }) {
  const plant = index.value;
  useEffect(() => {
    const at = focus.peek();
    const isHere = at !== null && area.zones.some(({ zone, sources }) =>
      "zone" in at ? zone.id === at.zone : sources.some(({ device }) => device.id === at.device),
    );
    const first = area.zones.find(({ zone }) => zone.grade === "A") ?? area.zones[0];
    if (!isHere && first) lookAtZone(first.zone.id);
  }, [area.key]);
  return (
    <section class="overview roomy" aria-label={area.id} data-testid={`page-${area.key}`}>
      <article class="panel workshop">
        <h2>
          <a class="back" href="#/" data-testid="whole-plant">
            ‹ {t("whole_plant")}
          </a>
          <span class="quiet">{said(area.workshop.label)}</span>
        </h2>
        <AreaCard area={area} headed roomy />
      </article>
      {plant && (
        <div class="device-cards">
          {drawnFirst(area, plant).map((device) => (
            <DeviceCard key={device.id} device={device} index={plant} linked />
          ))}
        </div>
      )}
    </section>
  );
}

/** Where product is open first: what stands there is drawn largest. */
function drawnFirst({ devices }: Area, plant: PlantIndex): Device[] {
  const isOpen = ({ zone }: Device): boolean => plant.zones.get(zone)?.zone.grade === "A";
  return [...devices.filter(isOpen), ...devices.filter((device) => !isOpen(device))];
}

/** Where there is little room, only a device that is not live is named. */
export function DeviceChip({ device, onlyIfAway }: { device: Device; onlyIfAway: boolean }) {
  const standing = standingOf(device);
  const live = useLive(() => standing.value.live, [standing]);
  const age = useLive(() => freshness(standing.value.age_s), [standing]);
  const title = useLive(() => standing.value.reason || said(device.label), [standing, device]);
  const inFocus = useLive(() => focus.value !== null && "device" in focus.value && focus.value.device === device.id, [device]);
  if (live.value && onlyIfAway) return null;
  return (
    <li>
      <button
        class={`chip${live.value ? "" : " untrusted"}`}
        aria-pressed={inFocus.value}
        title={title}
        onClick={() => lookAtDevice(device.id)}
        data-testid={`device-${device.id}`}
      >
        {device.id} <span class="age">{age}</span>
      </button>
    </li>
  );
}
