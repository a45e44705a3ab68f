/** How the monitoring itself is doing, along the bottom. */

import type { ComponentChildren } from "preact";
import { duration, figure } from "../format";
import { t, type Key } from "../i18n";
import { dueInstrument } from "../instruments";
import { alarmList, collectorPlant, health, index, may, protections, runningProtections } from "../store";
import { Mark } from "./mark";

/** A poll that is later than this is worth a look: a quarter of the second that it has. */
const late_ms = 250;
const old_s = 3;

export function HealthBar() {
  const now = health.value;
  const plant = index.value?.plant;
  const differs = collectorPlant.value !== null && plant !== undefined && collectorPlant.value !== plant.sha256;
  return (
    <footer class="foot" aria-label={t("health")} data-testid="health">
      {now && (
        <>
          <Fact name="devices_live" bad={now.devices_live < now.devices}>
            <a href="#/devices" data-testid="open-devices">
              {now.devices_live} / {now.devices}
            </a>
          </Fact>
          <Fact name="oldest_sample" bad={(now.oldest_sample_age_s ?? Infinity) > old_s}>
            {duration(now.oldest_sample_age_s)}
          </Fact>
          <Fact name="lateness" bad={(now.poll_lateness_ms.p99 ?? 0) > late_ms}>
            {now.poll_lateness_ms.p99 === null ? "—" : `${figure(now.poll_lateness_ms.p99, 0)} ms`}
          </Fact>
          <Fact name="database" bad={!now.database.ok} detail={now.database.detail}>
            {t(now.database.ok ? "ok" : "fails")}
          </Fact>
          <Fact name="journal" bad={!now.journal.ok} detail={now.journal.detail}>
            {t(now.journal.ok ? "ok" : "fails")}
          </Fact>
          <Fact name="buffered" bad={false}>
            {figure(now.database.waiting, 0)}
          </Fact>
          <Fact name="lost" bad={now.inbox.lost > 0}>
            {figure(now.inbox.lost, 0)}
          </Fact>
        </>
      )}
      {plant && plant.protections.length > 0 && <Protections of={plant.protections.length} />}
      {may("read_past") && <Instruments />}
      {plant && (
        <Fact name="configuration" bad={differs} last>
          {plant.id} · <code>{plant.sha256.slice(0, 8)}</code> {differs && t("configuration_differs")}
        </Fact>
      )}
    </footer>
  );
}

/** How many protective actions run, of all; one that is switched off is worth a look. */
function Protections({ of }: { of: number }) {
  const off = [...protections.value.values()].filter(({ inhibited }) => inhibited !== null).length;
  return (
    <Fact name="protections" bad={off > 0} detail={off > 0 ? t("n_switched_off", { n: off }) : ""}>
      <a href="#/protections" data-testid="open-protections">
        {runningProtections.value.length} / {of}
      </a>
    </Fact>
  );
}

/** How many instruments are due, or over: as their alarms say. */
function Instruments() {
  const due = alarmList.value.filter(({ id, active }) => active && dueInstrument(id) !== undefined);
  return (
    <Fact name="instruments" bad={due.some(({ level }) => level === "alert")}>
      <a href="#/instruments" data-testid="open-instruments">
        {t("instruments_due", { n: new Set(due.map(({ id }) => dueInstrument(id))).size })}
      </a>
    </Fact>
  );
}

interface FactProps {
  name: Key;
  bad: boolean;
  detail?: string;
  last?: boolean;
  children: ComponentChildren;
}

function Fact({ name, bad, detail = "", last = false, children }: FactProps) {
  return (
    <span class={`fact${bad ? " bad" : ""}${last ? " last" : ""}`} title={detail} data-testid={`health-${name}`}>
      {bad && <Mark level="diagnostic" />}
      {t(name)} <b>{children}</b>
    </span>
  );
}
