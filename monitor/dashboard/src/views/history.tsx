/** The alarms of the past, searched by words, place, level and time, and turned page by page. */

import { useEffect, useState } from "preact/hooks";
import { levels } from "../alarms";
import { alarmFile, history, type Sought } from "../api";
import type { Alarm } from "../api-types";
import { language, t } from "../i18n";
import { instantOf, lastHours, type Span } from "../period";
import type { PlantIndex } from "../plant";
import { may, server_ms } from "../store";
import { text, whyNot } from "./deed";
import { Occurrence } from "./occurrence";
import { ZoneSelect } from "./occupy";
import { SpanFields } from "./span-fields";

const page_size = 100;
/** No more rows than this are held: whoever seeks so far back asks for less at once. */
const most_rows = 2000;
const presets_h = [8, 24, 168, 720] as const;

interface Asked {
  span: Span;
  sought: Sought;
}

interface Found {
  alarms: readonly Alarm[];
  next: string | null;
}

const now_ms = (): number => server_ms.peek() ?? Date.now();

export function History({ plant }: { plant: PlantIndex }) {
  const [asked, setAsked] = useState<Asked>(() => ({ span: lastHours(24, now_ms()), sought: {} }));
  const [found, setFound] = useState<Found>({ alarms: [], next: null });
  const [state, setState] = useState("asking");

  const ask = async (before: readonly Alarm[], after: string | null): Promise<void> => {
    const told = await history(asked.span, { ...asked.sought, after }, page_size);
    setFound({ alarms: [...before, ...told.alarms], next: told.next });
    setState("");
  };
  useEffect(() => {
    setState(t("asking"));
    ask([], null).catch((error: unknown) => setState(whyNot(error)));
  }, [asked]);

  return (
    <section class="panel past" data-testid="history">
      <Search plant={plant} span={asked.span} search={setAsked} />
      <p class="quiet" role="status" data-testid="history-state">
        {state !== "" ? state : summary(found)}{" "}
        {may("export") && (
          <a href={alarmFile(asked.span, language.value)} download data-testid="alarms-file">
            {t("alarms_file")}
          </a>
        )}
      </p>
      <ul class="occurrences">
        {found.alarms.map((alarm) => (
          <Occurrence key={`${alarm.id} ${alarm.raised_at}`} alarm={alarm} plant={plant} />
        ))}
      </ul>
      {found.next !== null && found.alarms.length < most_rows && (
        <button
          class="plain"
          data-testid="history-older"
          onClick={() => void ask(found.alarms, found.next).catch((error: unknown) => setState(whyNot(error)))}
        >
          {t("older")}
        </button>
      )}
    </section>
  );
}

function summary({ alarms, next }: Found): string {
  if (alarms.length === 0) return t("nothing_found");
  return t(next === null ? "n_found" : "more_found", { n: alarms.length });
}

interface SearchProps {
  plant: PlantIndex;
  span: Span;
  search: (asked: Asked) => void;
}

function Search({ plant, span, search }: SearchProps) {
  const zone = plant.plant.time_zone;
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    search(askedIn(new FormData(event.currentTarget), span, zone));
  };
  return (
    <form class="search" role="search" onSubmit={submit} data-testid="history-search">
      <input name="text" type="search" placeholder={t("search_for")} aria-label={t("search_for")} maxLength={100} />
      <ZoneSelect plant={plant} every={t("every_zone")} />
      <select name="level" aria-label={t("level")}>
        <option value="">{t("every_level")}</option>
        {levels.map((level) => (
          <option key={level} value={level}>
            {t(level)}
          </option>
        ))}
      </select>
      <Presets span={span} pick={(picked, form) => search({ ...askedIn(form, picked, zone), span: picked })} />
      <SpanFields key={span.start_ms} span={span} zone={zone} />
      <button class="ack" data-testid="history-ask">
        {t("search")}
      </button>
    </form>
  );
}

function Presets({ span, pick }: { span: Span; pick: (picked: Span, form: FormData) => void }) {
  const shown_h = Math.round((span.end_ms - span.start_ms) / 3_600_000);
  return (
    <span class="presets">
      {presets_h.map((hours) => (
        <button
          key={hours}
          type="button"
          class="plain"
          aria-pressed={hours === shown_h}
          data-testid={`last-${hours}`}
          onClick={(event) => event.currentTarget.form && pick(lastHours(hours, now_ms()), new FormData(event.currentTarget.form))}
        >
          {hours > 24 ? t("last_days", { n: hours / 24 }) : t("last_hours", { n: hours })}
        </button>
      ))}
    </span>
  );
}

/** What the fields say; a time that says nothing is as it was. */
function askedIn(form: FormData, before: Span, zone: string): Asked {
  const start_ms = instantOf(text(form, "from"), zone) ?? before.start_ms;
  const end_ms = instantOf(text(form, "to"), zone) ?? before.end_ms;
  return {
    span: { start_ms, end_ms },
    sought: { text: text(form, "text"), zone: text(form, "zone"), level: text(form, "level") },
  };
}
