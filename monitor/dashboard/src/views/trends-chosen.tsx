/** The channels on the chart: how each is drawn, and its value under the pointer, or else its last. */

import { timeOfDay, unitOf, value } from "../format";
import { said, t } from "../i18n";
import type { Source } from "../plant";
import type { Columns } from "../trends";
import { lookOf } from "./trends-chart";

interface ChosenProps {
  sources: readonly Source[];
  lead: number;
  columns: Columns | null;
  pointed: number | null;
  zone: string;
  setLead: (place: number) => void;
  remove: (id: string) => void;
}

export function Chosen({ sources, lead, columns, pointed, zone, setLead, remove }: ChosenProps) {
  const at_s = pointed === null ? undefined : columns?.at_s[pointed];
  return (
    <ul class="chosen-channels">
      {sources.map((source, place) => {
        const { channel, device } = source;
        const name = `${device.id} · ${said(channel.label)}`;
        const shown = columns?.mean[place] ? figureAt(columns.mean[place], pointed) : null;
        return (
          <li key={channel.id} class={place === lead ? "lead" : ""} data-testid={`chosen-${channel.id}`}>
            <button class="link" aria-pressed={place === lead} title={t("lead", { name })} onClick={() => setLead(place)}>
              <Sample place={place} />
              <span class="name">{name}</span>
              <b class="figure">{value(channel, shown, said)}</b> <small>{unitOf(channel, shown)}</small>
            </button>
            <button class="link remove" aria-label={t("remove", { name })} title={t("remove", { name })} onClick={() => remove(channel.id)}>
              ×
            </button>
          </li>
        );
      })}
      <li class="quiet at">{at_s === undefined ? t("now") : timeOfDay(at_s * 1000, zone)}</li>
    </ul>
  );
}

/** Where a column says nothing at a time, what it last said before; a gap is a gap. */
function figureAt(column: readonly (number | null | undefined)[], place: number | null): number | null {
  for (let i = place ?? column.length - 1; i >= 0; i--) {
    const figure = column[i];
    if (figure !== undefined && (figure !== null || place !== null)) return figure;
  }
  return null;
}

function Sample({ place }: { place: number }) {
  const { letter, hue, dash } = lookOf(place);
  return (
    <svg class="sample" viewBox="0 0 44 16" aria-hidden="true">
      <path d="M0 8h26" stroke={`var(--${hue})`} stroke-width="2.4" stroke-dasharray={dash.join(" ")} fill="none" />
      <text x="31" y="13" fill="currentColor">
        {letter}
      </text>
    </svg>
  );
}
