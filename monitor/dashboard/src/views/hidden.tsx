/** What is hidden goes on being judged: by whom or what it is hidden, why, and until when. */

import { useEffect, useState } from "preact/hooks";
import { place, title } from "../alarms";
import { Refusal, giveBack, transitions, unshelve } from "../api";
import type { Alarm } from "../api-types";
import { dateTime } from "../format";
import { said, t } from "../i18n";
import type { PlantIndex } from "../plant";
import { hiddenAlarms, may, takeAlarm } from "../store";
import { Deed } from "./deed";
import { Mark } from "./mark";

export function Hidden({ plant }: { plant: PlantIndex }) {
  const [open, setOpen] = useState(false);
  const list = hiddenAlarms.value;
  if (list.length === 0) return null;
  return (
    <details class="hidden" data-testid="hidden-alarms" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary class="quiet">
        {t("hidden")} {list.length}
      </summary>
      {open && (
        <ul>
          {list.map((alarm) => (
            <HiddenAlarm key={alarm.id} alarm={alarm} plant={plant} />
          ))}
        </ul>
      )}
    </details>
  );
}

function HiddenAlarm({ alarm, plant }: { alarm: Alarm; plant: PlantIndex }) {
  const { shelved_until } = alarm;
  const act = async (): Promise<void> => takeAlarm(await unshelve(alarm));
  return (
    <li data-testid={`hidden-${alarm.id}`} data-active={alarm.active}>
      <Mark level={alarm.level} />
      <span class="what">
        <b>{title(alarm, plant)}</b>
        <span class="quiet">{[place(alarm, plant), ...facts(alarm, plant)].filter((fact) => fact !== "").join(" · ")}</span>
        {shelved_until !== null && <Why id={alarm.id} until={shelved_until} />}
      </span>
      {shelved_until !== null && may("shelve") && <Deed label={t("unshelve")} testid={`unshelve-${alarm.id}`} act={act} />}
      {alarm.out_of_service !== "" && may("out_of_service") && (
        <Deed label={t("in_service")} testid={`in-service-${alarm.id}`} act={async () => takeAlarm(await giveBack(alarm))} />
      )}
    </li>
  );
}

function facts(alarm: Alarm, plant: PlantIndex): string[] {
  const reasons = alarm.suppressed_by.map((id) => {
    const known = plant.plant.suppressions.find((one) => one.id === id);
    return known ? said(known.reason) : id;
  });
  const end = alarm.shelved_until && dateTime(Date.parse(alarm.shelved_until), plant.plant.time_zone);
  return [t(`state_${alarm.state}`), ...reasons, alarm.out_of_service, end ? t("until", { time: end }) : ""];
}

const again_ms = 1500;
const most_tries = 20;

/** Who shelved it, and why. The book is a moment behind what is live, so it is asked again for a while. */
function Why({ id, until }: { id: string; until: string }) {
  const [why, setWhy] = useState("");
  useEffect(() => {
    let timer: number | undefined;
    const ask = async (tries: number): Promise<void> => {
      const told = await whoAndWhy(id);
      setWhy(told);
      if (told === "" && tries < most_tries) timer = setTimeout(() => void ask(tries + 1), again_ms);
    };
    void ask(1);
    return () => clearTimeout(timer);
  }, [id, until]);
  return (
    <span class="why" data-testid={`why-${id}`}>
      {why}
    </span>
  );
}

/** In the words of the book; "" while it says nothing yet, or cannot be asked. */
async function whoAndWhy(id: string): Promise<string> {
  if (!may("read_past")) return "";
  const told = await transitions(id).catch((error: unknown) => {
    if (!(error instanceof Refusal)) throw error;
    return [];
  });
  const shelving = told.find(({ reason }) => reason === "shelved" || reason === "unshelved" || reason === "shelve_ended");
  if (shelving?.reason !== "shelved") return "";
  return `${[shelving.who, shelving.second].filter((name) => name !== "").join(" + ")}: ${shelving.comment}`;
}
