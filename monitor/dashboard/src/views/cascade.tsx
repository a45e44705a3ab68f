/** The arrows of the pressure cascade over an area's tiles: quiet while well, by colour and shape where one is in alarm. */

import { useMemo } from "preact/hooks";
import { arrowsOf, alarmChannels, edgeLook, flowOf, type Arrow } from "../cascade";
import type { Area } from "../areas";
import { isLevel } from "../alarms";
import { said, t } from "../i18n";
import type { PlantIndex } from "../plant";
import { alarmsByChannel, hiddenByChannel, readingOf } from "../store";
import { useLive } from "../use-live";
import { shownOf } from "./live-value";
import { Mark } from "./mark";

interface CascadeProps {
  area: Area;
  index: PlantIndex;
  columns: string;
  roomy: boolean;
}

export function Cascade({ area, index, columns, roomy }: CascadeProps) {
  const arrows = useMemo(() => arrowsOf(area, index), [area.key, index]);
  if (arrows.length === 0) return null;
  return (
    <ul class="cascade" style={{ gridTemplateColumns: columns }} aria-label={t("cascade")}>
      {arrows.map((arrow) => (
        <Edge key={arrow.source.channel.id} arrow={arrow} index={index} roomy={roomy} />
      ))}
    </ul>
  );
}

function Edge({ arrow, index, roomy }: { arrow: Arrow; index: PlantIndex; roomy: boolean }) {
  const { source, from, to } = arrow;
  const channels = useMemo(() => alarmChannels(arrow, index), [arrow, index]);
  const look = useLive(() => {
    const own = channels.flatMap((id) => alarmsByChannel.value.get(id) ?? []);
    return edgeLook(own, channels.some((id) => hiddenByChannel.value.has(id)), readingOf(source).value);
  }, [channels, source]).value;
  const flow = useLive(() => flowOf(readingOf(source).value), [source]).value;
  const spoken = useLive(() => t("flows", { from: nameOf(arrow.higher, index), to: nameOf(arrow.lower, index), by: shownOf(source) }), [arrow, index]);
  const leftward = to !== undefined && (flow === "back" ? to > from : to < from);
  const words = ["edge", look, flow, to === undefined ? "out" : leftward ? "leftward" : "rightward"];
  return (
    <li class={words.filter((word) => word !== "").join(" ")} style={placeOf(from, to)} data-testid={`edge-${source.channel.id}`}>
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={spoken}>
        <path d={to === undefined ? "M50 0V40" : "M0 40Q50 -36 100 40"} />
      </svg>
      <i class="tip" />
      <Badge arrow={arrow} look={look} told={roomy && arrow.alone} />
    </li>
  );
}

const nameOf = (zone: string, index: PlantIndex): string => said(index.zones.get(zone)?.zone.label ?? { en: zone, zh: zone });

/** From the middle of one column to that of the other, higher the wider it is. */
function placeOf(from: number, to: number | undefined): Record<string, string | number> {
  const [first, last] = [Math.min(from, to ?? from), Math.max(from, to ?? from)];
  const columns = last - first + 1;
  return { gridColumn: `${first + 1} / ${last + 2}`, "--span": columns - 1, "--inset": `${50 / columns}%` };
}

/** By how much: where it is in alarm, with the sign of its level; a door while it is masked. */
function Badge({ arrow, look, told }: { arrow: Arrow; look: string; told: boolean }) {
  const shown = useLive(() => shownOf(arrow.source), [arrow]);
  if (look === "masked") {
    return (
      <svg class="badge open-door" viewBox="0 0 14 14" aria-hidden="true">
        <path d="M3 13V2h8M3 2l5 2.5v9L3 13" />
      </svg>
    );
  }
  if (isLevel(look)) {
    return (
      <span class="badge">
        <Mark level={look} />
        {arrow.to !== undefined && <b>{shown}</b>}
      </span>
    );
  }
  return told ? <span class="badge quiet">{shown}</span> : null;
}
