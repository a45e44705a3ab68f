/** The whole plant at one glance: workshop, line, zone. Grey while all is well. */

import type { Device, Line, Workshop } from "../api-types";
import { duration } from "../format";
import { isKey, said, t } from "../i18n";
import type { PlantIndex, ZoneView } from "../plant";
import { alarmList, deviceStanding, focus, index, lookAtDevice, roomy } from "../store";
import { Tile } from "./tile";

export function Overview() {
  const plant = index.value;
  if (!plant) return null;
  return (
    <section class={roomy.value ? "overview roomy" : "overview"} aria-label={t("overview")}>
      {plant.plant.workshops.map((workshop) => (
        <WorkshopCard key={workshop.id} workshop={workshop} plant={plant} />
      ))}
    </section>
  );
}

function WorkshopCard({ workshop, plant }: { workshop: Workshop; plant: PlantIndex }) {
  const lines = plant.plant.lines.filter((line) => line.workshop === workshop.id);
  return (
    <article class="panel workshop">
      <h2>{said(workshop.label)}</h2>
      {lines.map((line) => (
        <LineRow key={line.id} line={line} plant={plant} />
      ))}
    </article>
  );
}

function LineRow({ line, plant }: { line: Line; plant: PlantIndex }) {
  const views = [...plant.zones.values()].filter(({ zone }) => zone.line === line.id);
  const devices = plant.plant.devices.filter((device) => device.line === line.id);
  const worst = alarmList.value.find((alarm) => alarm.line === line.id && alarm.active);
  const mode = `mode_${line.mode}`;
  return (
    <section class="line" data-testid={`line-${line.id}`}>
      <h3 class={worst ? worst.level : ""}>
        <span>{line.id}</span> {line.product} <small>{said(line.label)}</small>
        <small class="mode">{isKey(mode) ? t(mode) : line.mode}</small>
      </h3>
      <Tiles views={views} />
      <ul class="devices" aria-label={t("devices")}>
        {devices.map((device) => (
          <DeviceChip key={device.id} device={device} />
        ))}
      </ul>
    </section>
  );
}

function Tiles({ views }: { views: readonly ZoneView[] }) {
  return (
    <div class="tiles">
      {views.map((view) => (
        <Tile key={view.zone.id} view={view} />
      ))}
    </div>
  );
}

/** Where there is little room, only a device that is not live is named. */
function DeviceChip({ device }: { device: Device }) {
  const { age_s, live, reason } = deviceStanding(device);
  if (live && !roomy.value) return null;
  const inFocus = focus.value !== null && "device" in focus.value && focus.value.device === device.id;
  return (
    <li>
      <button
      class={`chip${live ? "" : " untrusted"}`}
      aria-pressed={inFocus}
      title={reason === "" ? said(device.label) : reason}
      onClick={() => lookAtDevice(device.id)}
      data-testid={`device-${device.id}`}
    >
      {device.id} <span class="age">{duration(age_s)}</span>
    </button>
    </li>
  );
}
