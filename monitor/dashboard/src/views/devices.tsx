/** Every device of the plant by its area, those that are not live with the reason. */

import { areas } from "../page";
import { said, t } from "../i18n";
import type { Area } from "../areas";
import { standingOf } from "../store";
import { useLive } from "../use-live";
import { AreaLink, DeviceChip } from "./area";

export function DevicesPage() {
  const devices = areas.value.flatMap((area) => area.devices);
  const away = useLive(() => devices.filter((device) => !standingOf(device).value.live).length, [areas.value]);
  return (
    <section class="panel device-page" aria-label={t("devices")} data-testid="devices-page">
      <h2>
        <a class="back" href="#/" data-testid="whole-plant">
          ‹ {t("whole_plant")}
        </a>
        {t("devices")} <span class="quiet">{devices.length}</span>{" "}
        {away.value > 0 && <span class="away">{t("not_live_devices", { n: away.value })}</span>}
      </h2>
      <div class="device-groups">
        {areas.value.map((area) => (
          <Group key={area.key} area={area} />
        ))}
      </div>
    </section>
  );
}

function Group({ area }: { area: Area }) {
  const why = useLive(() => reasonsIn(area), [area]);
  if (area.devices.length === 0) return null;
  return (
    <section>
      <h3>
        <AreaLink area={area} name={area.line ? area.id : said(area.workshop.label)} />
        <small>{area.line?.product ?? t("shared")}</small>
      </h3>
      <ul class="devices">
        {area.devices.map((device) => (
          <DeviceChip key={device.id} device={device} onlyIfAway={false} />
        ))}
      </ul>
      <p class="quiet">{why}</p>
    </section>
  );
}

/** Why devices are not live, in the words of the wire. */
const reasonsIn = ({ devices }: Area): string =>
  devices
    .map((device) => ({ device, ...standingOf(device).value }))
    .filter(({ live, reason }) => !live && reason !== "")
    .map(({ device, reason }) => `${device.id}: ${reason}`)
    .join(" · ");
