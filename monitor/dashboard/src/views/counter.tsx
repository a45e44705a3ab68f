/** A particle counter: its rolling cubic metre, what is left of it, and whether its records come as they should. */

import { useRef } from "preact/hooks";
import { filled, leftOf, sizesOf, type Size } from "../counter";
import { bound, figure, freshness, timeOfDay } from "../format";
import { said, t } from "../i18n";
import { lookOf } from "../look";
import { channelsOf } from "../scheme";
import type { Device } from "../api-types";
import type { PlantIndex, Source } from "../plant";
import { readingOf, rowOf } from "../store";
import { useLive } from "../use-live";
import { LiveValue, classOf, usableNow } from "./live-value";

export function Counter({ device, index }: { device: Device; index: PlantIndex }) {
  const own = channelsOf(device, index);
  const facts = own.filter(({ channel, series }) => !series.records && channel.kind !== "time");
  const { rolls, sizes } = sizesOf(device, index);
  return (
    <div class="counter">
      {sizes.length > 0 && <p class="quiet">{t(rolls ? "rolling" : "one_record")}</p>}
      {sizes.map((size) => (
        <Bar key={size.um} size={size} />
      ))}
      <RecordLine device={device} zone={index.plant.time_zone} />
      <ul class="facts">
        {[...facts, ...own.filter(({ channel }) => channel.kind === "time")].map((source) => (
          <li key={source.channel.id} class={source.channel.kind}>
            <LiveValue source={source} name />
          </li>
        ))}
      </ul>
      <Sizes own={own} />
    </div>
  );
}

/** How full the cubic metre is, and how much it may still take. A bar alone tells nothing: its figures stand beside it. */
function Bar({ size }: { size: Size }) {
  const { rolling, action, alert, left, um } = size;
  const look = useLive(() => `bar ${classOf(rolling)}`, [rolling]);
  const part = useLive(() => `width: ${(100 * filled(readingOf(rolling).value.value, action)).toFixed(1)}%`, [rolling, action]);
  const shown = useLive(() => (lookOf(readingOf(rolling).value) === "bad" ? t("window_fills") : numberOf(rolling)), [rolling]);
  const remaining = useLive(() => leftText(size, left), [size]);
  return (
    <div class={look} data-testid={`bar-${rolling.channel.id}`} title={said(rolling.channel.label)}>
      <span class="name">≥{um} µm</span>
      <span class="track" aria-hidden="true">
        <span class="fill" style={part} />
        {alert !== null && action !== null && <span class="at alert" style={{ left: `${(100 * alert) / action}%` }} />}
      </span>
      <b class="figure">{shown}</b>
      <span class="quiet">/ {action === null ? t("no_limit") : bound(action)}</span>
      <span class="left">{remaining}</span>
    </div>
  );
}

const numberOf = (source: Source): string => {
  const { value } = readingOf(source).value;
  return value === null ? "—" : figure(value, 0);
};

function leftText(size: Size, left: Source | undefined): string {
  const n = leftOf(size, usableNow(size.rolling), left ? usableNow(left) : null);
  return n === null ? "" : t("counts_left", { n: figure(n, 0) });
}

/** When the last record was taken, by the counter itself. */
function RecordLine({ device, zone }: { device: Device; zone: string }) {
  const series = useRef(device.series.find(({ records }) => records)).current;
  const row = series && rowOf(series.id);
  const [first] = series?.channels ?? [];
  const at = useLive(() => (row?.value ? timeOfDay(row.value.at_ms, zone) : "—"), [row, zone]);
  const source: Source | undefined = series && first && { channel: first, device, series, limits: [] };
  const age = useLive(() => (source ? freshness(readingOf(source).value.age_s) : ""), [first]);
  return (
    <p class="record">
      {t("last_record")} <b class="figure">{at}</b> <span class="age">{age}</span>
    </p>
  );
}

/** What the last record counted. */
function Sizes({ own }: { own: readonly Source[] }) {
  return (
    <ul class="facts">
      {own
        .filter(({ series }) => series.records)
        .map((source) => (
          <li key={source.channel.id} class={source.channel.kind}>
            <LiveValue source={source} name />
          </li>
        ))}
    </ul>
  );
}
