/** Every protective action of the plant: what runs, what is held until persons end it, what is switched off, what is armed. */

import type { ComponentChildren } from "preact";
import type { Area } from "../areas";
import type { PlantProtection, Protection } from "../api-types";
import { said, t } from "../i18n";
import { areas } from "../page";
import type { PlantIndex } from "../plant";
import { isLatched, runs } from "../protections";
import { index, protections, runningProtections } from "../store";
import { AreaLink } from "./area";
import { Armed, Off, Running } from "./protective";

export function ProtectionsPage() {
  const plant = index.value;
  if (!plant) return null;
  const running = runningProtections.value;
  const off = [...protections.value.values()].filter((one) => !runs(one));
  return (
    <section class="panel device-page protections" aria-label={t("protections")} data-testid="protections-page">
      <h2>
        <a class="back" href="#/" data-testid="whole-plant">
          ‹ {t("whole_plant")}
        </a>
        {t("protections")} <span class="quiet">{plant.plant.protections.length}</span>
      </h2>
      <Section name="running" list={running.filter((one) => !isLatched(one))}>
        {(one) => <Running key={one.id} one={one} plant={plant} />}
      </Section>
      <Section name="latched" list={running.filter(isLatched)}>
        {(one) => <Running key={one.id} one={one} plant={plant} />}
      </Section>
      <Section name="switched_off" list={off}>
        {(one) => <Off key={one.id} one={one} plant={plant} />}
      </Section>
      <EveryArmed plant={plant} />
    </section>
  );
}

interface SectionProps {
  name: "running" | "latched" | "switched_off";
  list: readonly Protection[];
  children: (one: Protection) => ComponentChildren;
}

function Section({ name, list, children }: SectionProps) {
  return (
    <section data-testid={`protections-${name}`}>
      <h3>
        {t(name)} <small>{list.length === 0 ? t("none") : list.length}</small>
      </h3>
      <div class="cards">{list.map(children)}</div>
    </section>
  );
}

function EveryArmed({ plant }: { plant: PlantIndex }) {
  const armed = plant.plant.protections.filter(({ id }) => !protections.value.has(id));
  return (
    <section data-testid="protections-armed">
      <h3>
        {t("armed")} <small>{armed.length}</small>
      </h3>
      <div class="device-groups">
        {areas.value.map((area) => (
          <ArmedIn key={area.key} area={area} armed={armed} />
        ))}
      </div>
    </section>
  );
}

function ArmedIn({ area, armed }: { area: Area; armed: readonly PlantProtection[] }) {
  const devices = new Set(area.devices.map(({ id }) => id));
  const own = armed.filter(({ device }) => devices.has(device));
  if (own.length === 0) return null;
  return (
    <section>
      <h3>
        <AreaLink area={area} name={area.line ? area.id : said(area.workshop.label)} />
        <small>{own.length}</small>
      </h3>
      {own.map((one) => (
        <Armed key={one.id} one={one} />
      ))}
    </section>
  );
}
