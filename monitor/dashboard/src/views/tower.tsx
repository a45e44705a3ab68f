/** A signal tower as it stands: what its lamps and its horn read back, and whether that is what was asked. */

import { said, t } from "../i18n";
import { channelsOf } from "../scheme";
import type { Device } from "../api-types";
import type { PlantIndex, Source } from "../plant";
import { alarms } from "../store";
import { useLive } from "../use-live";
import { classOf, shownOf, usableNow } from "./live-value";

const height = 26;

/** Which of the lamps' colours an alarm has too; every other is drawn in grey. */
const hue = ({ channel }: Source): string => ["red", "amber", "green", "blue"].find((word) => channel.label.en.toLowerCase().includes(word)) ?? "";

const isLamp = ({ channel }: Source): boolean => channel.kind === "state" && /^(tier|lamp)_?\d*/.test(channel.key);

/** Lamps from the top, then the horn, then whatever else it says. */
export function Tower({ device, index }: { device: Device; index: PlantIndex }) {
  const own = channelsOf(device, index);
  const lamps = own.filter(isLamp);
  const others = own.filter((source) => !isLamp(source));
  const failed = useLive(() => alarms.value.get(`${device.id}/command`)?.active === true, [device]);
  return (
    <div class="tower">
      <svg class="scheme" viewBox={`0 0 46 ${lamps.length * height + 30}`} role="img" aria-label={said(device.label)}>
        {lamps.map((source, i) => (
          <Lamp key={source.channel.id} source={source} y={4 + i * height} />
        ))}
        <path class="stand" d={`M23 ${4 + lamps.length * height}v20m-14 0h28`} />
      </svg>
      <ul class="facts">
        {[...lamps, ...others].map((source) => (
          <Fact key={source.channel.id} source={source} />
        ))}
        <li class={failed.value ? "diagnostic" : "quiet"} data-testid={`asked-${device.id}`}>
          {t(failed.value ? "not_as_asked" : "as_asked")}
        </li>
      </ul>
    </div>
  );
}

function Lamp({ source, y }: { source: Source; y: number }) {
  const look = useLive(() => `lamp ${hue(source)} ${lit(source)} ${classOf(source)}`, [source]);
  const rays = useLive(() => (lit(source) === "flashing" ? "visible" : "hidden"), [source]);
  return (
    <g class={look} data-testid={`lamp-${source.channel.id}`}>
      <rect x="9" y={y} width="28" height={height - 2} rx="2" />
      <path d={`M2 ${y + 6}l4 3M2 ${y + 18}l4 -3M44 ${y + 6}l-4 3M44 ${y + 18}l-4 -3`} visibility={rays} />
    </g>
  );
}

/** The state by its English name, which is what the drawing goes by; "" where it cannot be relied on. */
function lit(source: Source): string {
  const now = usableNow(source);
  return now === null ? "" : (source.channel.states[String(now)]?.en ?? "");
}

function Fact({ source }: { source: Source }) {
  const shown = useLive(() => shownOf(source), [source]);
  const look = useLive(() => `live ${classOf(source)}`, [source]);
  return (
    <li class={look}>
      <span class="name">{said(source.channel.label)}</span> <b class="figure">{shown}</b>
    </li>
  );
}
