/** What goes on in a zone is said here: its limits follow. */

import { useState } from "preact/hooks";
import { occupy } from "../api";
import type { Occupancy } from "../api-types";
import { said, t } from "../i18n";
import type { PlantIndex } from "../plant";
import { Deed, text } from "./deed";

const both: readonly Occupancy[] = ["at_rest", "in_operation"];

export function Occupy({ plant }: { plant: PlantIndex }) {
  const [done, setDone] = useState("");
  const act = async (form: FormData): Promise<void> => {
    const zone = text(form, "zone");
    const wanted = both.find((one) => one === text(form, "occupancy")) ?? "in_operation";
    const what = await occupy(zone, wanted, text(form, "reason"));
    setDone(t("occupied", { zone, what: t(what) }));
  };
  return (
    <section class="panel occupy" data-testid="occupy">
      <h2>{t("occupancy")}</h2>
      <Deed label={t("occupy")} testid="occupy-set" act={act}>
        <ZoneSelect plant={plant} />
        <select name="occupancy" aria-label={t("occupancy")}>
          {both.map((one) => (
            <option key={one} value={one}>
              {t(one)}
            </option>
          ))}
        </select>
        <input name="reason" aria-label={t("reason")} placeholder={t("reason")} maxLength={500} required />
      </Deed>
      <p class="quiet" role="status">
        {done}
      </p>
    </section>
  );
}

/** `every`: what stands for no zone in particular; undefined: one must be chosen. */
export function ZoneSelect({ plant, every }: { plant: PlantIndex; every?: string }) {
  return (
    <select name="zone" aria-label={t("zone")}>
      {every !== undefined && <option value="">{every}</option>}
      {plant.plant.zones.map((zone) => (
        <option key={zone.id} value={zone.id}>
          {zone.id} · {said(zone.label)}
        </option>
      ))}
    </select>
  );
}
