/** The place of the chart: made anew whenever there is something else to draw, and taken away again. */

import { useEffect, useMemo, useRef } from "preact/hooks";
import { language, t } from "../i18n";
import type { Span } from "../period";
import type { Source } from "../plant";
import { theme } from "../theme";
import { staysOf, stepsOf } from "../trends";
import { TrendsChart, type MarkedTime } from "./trends-chart";
import type { Told } from "./trends-data";

interface PlotProps {
  sources: readonly Source[];
  told: Told | null;
  span: Span;
  lead: number;
  zone: string;
  log: boolean;
  point: (place: number | null) => void;
  zoom: (from_s: number, to_s: number) => void;
}

export function Plot({ sources, told, span, lead, zone, log, point, zoom }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const marks = useMemo(() => (told ? marksOf(told) : []), [told]);
  useEffect(() => {
    // While another set of channels is asked for, what was told is of the former one.
    if (!box.current || !told || told.limits.length !== sources.length) return;
    const steps = stepsOf(told.limits[lead] ?? []);
    const stays = staysOf(told.occupancy[lead] ?? []);
    const [from_s, to_s] = [span.start_ms / 1000, span.end_ms / 1000];
    const picture = { sources, columns: told.columns, from_s, to_s, lead, steps, stays, phases: told.phases, marks, zone, log };
    const chart = new TrendsChart(box.current, picture, { point, zoom });
    return () => chart.destroy();
  }, [told, lead, log, zone, theme.value, language.value]);
  return <div class="plot wide-plot" ref={box} role="img" aria-label={t("chart_of", { n: sources.length })} data-testid="trends-plot" />;
}

const marksOf = ({ alarms, deeds }: Told): MarkedTime[] => [
  ...alarms.map(({ raised_at, level }) => ({ at_s: Date.parse(raised_at) / 1000, level })),
  ...deeds.map(({ at }) => ({ at_s: Date.parse(at) / 1000, level: null })),
];
