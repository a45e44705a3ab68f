/** Finds a zone or a device by a part of its name: the others fade, and Enter goes to the first that is meant. */

import { useEffect, useRef } from "preact/hooks";
import { areaKey, isMeant, meant } from "../areas";
import { t } from "../i18n";
import { addressOf, page } from "../page";
import { index, lookAtDevice, lookAtZone, typed } from "../store";

export function Find() {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      box.current?.focus();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
  return (
    <form class="find" role="search" onSubmit={go}>
      <input
        type="search"
        ref={box}
        placeholder={`${t("find")}  ( / )`}
        aria-label={t("find")}
        value={typed}
        maxLength={80}
        onInput={(event) => (typed.value = event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && (typed.value = "")}
        data-testid="find"
      />
      <output class="quiet">{found()}</output>
    </form>
  );
}

function found(): string {
  if (typed.value.trim() === "") return "";
  return t("n_meant", { n: [...(index.value?.zones.values() ?? [])].filter((view) => isMeant(view, typed.value)).length });
}

function go(event: SubmitEvent): void {
  event.preventDefault();
  const plant = index.value;
  const at = plant && meant(plant, typed.value);
  if (!at) return;
  if ("zone" in at) lookAtZone(at.zone);
  else lookAtDevice(at.device);
  const place = "zone" in at ? plant.zones.get(at.zone)?.zone : plant.devices.get(at.device);
  if (place && page.value.kind !== "plant") location.hash = addressOf(areaKey(place));
}
