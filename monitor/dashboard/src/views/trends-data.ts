/** Asks for what the trends page shows, and again while its time goes on. */

import { useEffect, useState } from "preact/hooks";
import { deedsOn, history, readingsOf } from "../api";
import type { Alarm, ChannelReadings, PastLimit, PastOccupancy, Transition } from "../api-types";
import { duration } from "../format";
import { t } from "../i18n";
import type { Span } from "../period";
import type { PlantIndex, Source } from "../plant";
import { server_ms } from "../store";
import { columnsOf, phasesOf, renewAfter_ms, shadesFor, spanOf, type Asked, type Columns, type Phase } from "../trends";
import { whyNot } from "./deed";
import { gapOf } from "./trend";

/** Each in its own place: what was measured, and of each channel what was permitted. */
export interface Told {
  span: Span;
  columns: Columns;
  bucket_s: number;
  limits: readonly (readonly PastLimit[])[];
  occupancy: readonly (readonly PastOccupancy[])[];
  phases: readonly Phase[];
  alarms: readonly Alarm[];
  deeds: readonly Transition[];
}

/** As many as a wide screen has room for. */
const points = 1000;
const most_alarms = 200;

/** `state`: in words, what there is or why there is nothing. What was told before stays while it is asked again. */
export function useTrends(asked: Asked, sources: readonly Source[], plant: PlantIndex): { told: Told | null; state: string } {
  const [told, setTold] = useState<Told | null>(null);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    let gone = false;
    let timer: number | undefined;
    const look = async (): Promise<void> => {
      const span = spanOf(asked.time, server_ms.peek() ?? Date.now());
      try {
        const all = await ask(span, sources, plant);
        if (gone) return;
        setTold(all);
        setFailure("");
      } catch (error) {
        if (!gone) setFailure(t("trends_failed", { why: whyNot(error) }));
      }
      if (!gone && "hours" in asked.time) timer = setTimeout(() => void look(), renewAfter_ms(asked.time.hours));
    };
    if (sources.length > 0) void look();
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [asked, plant]);
  return { told, state: failure !== "" ? failure : told === null ? t("asking") : detailOf(told) };
}

const detailOf = ({ bucket_s }: Told): string =>
  bucket_s === 0 ? t("each_reading") : t("buckets", { length: duration(bucket_s) });

async function ask(span: Span, sources: readonly Source[], plant: PlantIndex): Promise<Told> {
  const shades = shadesFor(sources, plant);
  const ids = sources.map(({ channel }) => channel.id);
  const states = shades.map(({ source }) => source.channel.id).filter((id) => !ids.includes(id));
  const [first, alarms, deeds] = await Promise.all([
    readingsOf([...ids, ...states], span, points),
    history(span, { channels: ids }, most_alarms),
    deedsOn(span, ids),
  ]);
  const all: readonly ChannelReadings[] = [first, ...first.more];
  const shown = all.slice(0, ids.length);
  return {
    span,
    columns: columnsOf(shown, sources.map(gapOf)),
    bucket_s: Math.max(...shown.map(({ bucket_s }) => bucket_s)),
    limits: shown.map(({ limits }) => limits),
    occupancy: shown.map(({ occupancy }) => occupancy),
    phases: shades.flatMap(({ source, names }) => {
      const own = all.find(({ channel }) => channel === source.channel.id);
      return own ? phasesOf(own, names, gapOf(source)) : [];
    }),
    alarms: alarms.alarms,
    deeds,
  };
}
