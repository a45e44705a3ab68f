/** What a person chooses on the trends page: channels, and from when to when. */

import { useState } from "preact/hooks";
import { said, t } from "../i18n";
import { instantOf } from "../period";
import type { PlantIndex } from "../plant";
import { server_ms } from "../store";
import { clamped, matching, presets_h, spanOf, type Asked } from "../trends";
import { text } from "./deed";
import { SpanFields } from "./span-fields";

interface PickerProps {
  plant: PlantIndex;
  shown: readonly string[];
  add: (id: string) => void;
}

export function Picker({ plant, shown, add }: PickerProps) {
  const [typed, setTyped] = useState("");
  const found = matching(plant, typed, shown);
  const pick = (id: string | undefined): void => {
    if (id === undefined) return;
    setTyped("");
    add(id);
  };
  return (
    <form
      class="picker"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        pick(found[0]?.channel.id);
      }}
    >
      <input
        type="search"
        placeholder={t("add_channel")}
        aria-label={t("add_channel")}
        value={typed}
        maxLength={80}
        data-testid="add-channel"
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && setTyped("")}
      />
      {found.length > 0 && (
        <ul class="matches">
          {found.map(({ channel, device }) => (
            <li key={channel.id}>
              <button type="button" class="link" onClick={() => pick(channel.id)} data-testid={`add-${channel.id}`}>
                {device.id} · {said(channel.label)} <span class="quiet">{channel.zone}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}

interface TimesProps {
  asked: Asked;
  zone: string;
  go: (asked: Asked) => void;
}

export function Times({ asked, zone, go }: TimesProps) {
  const span = spanOf(asked.time, server_ms.peek() ?? Date.now());
  const hours = "hours" in asked.time ? asked.time.hours : null;
  const submit = (event: SubmitEvent & { currentTarget: HTMLFormElement }): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const start_ms = instantOf(text(form, "from"), zone) ?? span.start_ms;
    const end_ms = instantOf(text(form, "to"), zone) ?? span.end_ms;
    if (end_ms > start_ms) go({ ...asked, time: clamped({ start_ms, end_ms }) });
  };
  return (
    <form class="times" onSubmit={submit}>
      <span class="presets">
        {presets_h.map((one) => (
          <button
            key={one}
            type="button"
            class="plain"
            aria-pressed={one === hours}
            onClick={() => go({ ...asked, time: { hours: one } })}
            data-testid={`trends-last-${Math.round(one * 60)}`}
          >
            {named(one)}
          </button>
        ))}
      </span>
      <SpanFields key={JSON.stringify(asked.time)} span={span} zone={zone} />
      <button class="plain" data-testid="trends-show">
        {t("apply")}
      </button>
      <label class="log">
        <input type="checkbox" checked={asked.log} onChange={() => go({ ...asked, log: !asked.log })} data-testid="log-axis" /> {t("log_axis")}
      </label>
      {hours !== null && <span class="quiet">{t("follows")}</span>}
    </form>
  );
}

function named(hours: number): string {
  if (hours < 1) return t("last_min", { n: Math.round(hours * 60) });
  return hours > 24 ? t("last_days", { n: hours / 24 }) : t("last_hours", { n: hours });
}
