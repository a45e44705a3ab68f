/** What goes on in a zone or a line, in quiet words: limits depend on it, but it is no alarm. */

import { t } from "../i18n";
import { goingOn } from "../line";
import { occupancy } from "../store";
import { useLive } from "../use-live";

/** Of one zone, beside its name. Where there is no room for words, a moon for rest and a person for work. */
export function ZoneOccupancy({ zone }: { zone: string }) {
  const now = useLive(() => occupancy.value.get(zone), [zone]).value;
  if (now === undefined) return null;
  const words = t(now);
  return (
    <span class={`occupancy ${now}`} title={words} data-testid={`occupancy-${zone}`}>
      <svg viewBox="0 0 12 12" role="img" aria-label={words}>
        {now === "at_rest" ? <path d="M8 1a5 5 0 1 0 3 7A4.4 4.4 0 0 1 8 1z" /> : <path d="M6 1a2.2 2.2 0 1 1 0 4.4A2.2 2.2 0 0 1 6 1zM2 11V9a4 2.8 0 0 1 8 0v2z" />}
      </svg>
      <span class="words">{words}</span>
    </span>
  );
}

/** Of a line: what goes on in all of its zones, or how many of them are at rest. */
export function LineOccupancy({ id, zones }: { id: string; zones: readonly string[] }) {
  const words = useLive(() => {
    const going = goingOn(zones, occupancy.value);
    if (!going) return "";
    return going.rest > 0 && going.rest < going.all ? t("part_at_rest", { n: going.rest, all: going.all }) : t(going.what);
  }, [zones]);
  return (
    <small class="occupancy" data-testid={`occupancy-${id}`}>
      {words}
    </small>
  );
}
