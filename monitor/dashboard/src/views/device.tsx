/** One device alone on the page, as it is drawn; its channels, and what is reckoned from them, stand beside it. */

import { useEffect } from "preact/hooks";
import type { Device } from "../api-types";
import { areaKey } from "../areas";
import { said } from "../i18n";
import { addressOf } from "../page";
import { focus, index, lookAtDevice } from "../store";
import { DeviceCard } from "./device-card";

export function DevicePage({ device }: { device: Device }) {
  const plant = index.value;
  useEffect(() => {
    const at = focus.peek();
    if (at === null || !("device" in at) || at.device !== device.id) lookAtDevice(device.id);
  }, [device.id]);
  if (!plant) return null;
  const workshop = plant.plant.workshops.find(({ id }) => id === device.workshop);
  return (
    <section class="panel one-device" data-testid={`page-device/${device.id}`}>
      <h2>
        <a class="back" href={addressOf(areaKey(device))} data-testid="to-area">
          ‹ {device.line ?? (workshop && said(workshop.label))}
        </a>
        <span class="quiet">{device.profile}</span>
      </h2>
      <DeviceCard device={device} index={plant} linked={false} />
    </section>
  );
}
