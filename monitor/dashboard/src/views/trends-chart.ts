/** The drawing of several channels over time, on uPlot: a scale for each unit, steps of limits, gaps, phases, marks. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Level } from "../api-types";
import { bound, dateTime, figure, unit, value } from "../format";
import { said, t } from "../i18n";
import type { Source } from "../plant";
import { colour } from "../theme";
import { counts, scaleOf, type Columns, type Phase, type Stay, type Step } from "../trends";

/** `at_s`: when it was raised; `label`: what it is called. A mark without a level is what a person did. */
export interface MarkedTime {
  at_s: number;
  level: Level | null;
}

export interface Picture {
  sources: readonly Source[];
  columns: Columns;
  from_s: number;
  to_s: number;
  /** Of the channel at this place, the limits are drawn, and what went on in its zone. */
  lead: number;
  steps: readonly Step[];
  stays: readonly Stay[];
  phases: readonly Phase[];
  marks: readonly MarkedTime[];
  zone: string;
  log: boolean;
}

export interface Hands {
  /** Told what the pointer is over: a place in the columns; null when it has left. */
  point: (place: number | null) => void;
  zoom: (from_s: number, to_s: number) => void;
}

const hues = ["line-1", "line-2", "line-3", "line-4"] as const;
const least_drag_px = 6;
const stay_px = 18;

/** How the channel at a place is told from the others: by letter, colour and dashes. */
export const lookOf = (place: number): { letter: string; hue: string; dash: number[] } => ({
  letter: String.fromCharCode(65 + place),
  hue: hues[place % hues.length] ?? hues[0],
  dash: place < hues.length ? [] : [7, 4],
});

export class TrendsChart {
  private readonly plot: uPlot;
  private readonly resized: ResizeObserver;

  constructor(
    private readonly box: HTMLElement,
    private readonly picture: Picture,
    private readonly hands: Hands,
  ) {
    const { at_s, mean, least, most } = picture.columns;
    const data = [at_s, ...mean.flatMap((one, place) => [most[place] ?? [], least[place] ?? [], one])] as uPlot.AlignedData;
    this.plot = new uPlot(this.plan(), data, box);
    this.resized = new ResizeObserver(() => this.plot.setSize(sizeOf(box)));
    this.resized.observe(box);
  }

  destroy(): void {
    this.resized.disconnect();
    this.plot.destroy();
  }

  private plan(): uPlot.Options {
    const { sources, from_s, to_s, zone } = this.picture;
    return {
      ...sizeOf(this.box),
      legend: { show: false },
      padding: [22, 26, 0, 8],
      cursor: { y: false, drag: { x: true, y: false, setScale: false } },
      tzDate: (at_s) => uPlot.tzDate(new Date(at_s * 1000), zone),
      scales: { x: { time: true, range: [from_s, to_s] }, ...this.scales() },
      series: [{}, ...sources.flatMap((source, place) => seriesOf(source, place))],
      bands: sources.map((_, place) => ({ series: [3 * place + 1, 3 * place + 2], fill: `${colour(lookOf(place).hue)}40` })),
      axes: [this.timeAxis(), ...this.axes()],
      hooks: {
        drawClear: [(plot) => this.shade(plot), (plot) => this.drawStays(plot)],
        draw: [(plot) => this.writeNames(plot), (plot) => this.drawSteps(plot), (plot) => this.drawMarks(plot)],
        setCursor: [(plot) => this.hands.point(plot.cursor.left === undefined || plot.cursor.left < 0 ? null : (plot.cursor.idx ?? null))],
        setSelect: [(plot) => this.select(plot)],
      },
    };
  }

  /** Its scales in the order of the channels, each with the places of those that are drawn on it. */
  private groups(): Map<string, number[]> {
    const groups = new Map<string, number[]>();
    this.picture.sources.forEach(({ channel }, place) => {
      groups.set(scaleOf(channel), [...(groups.get(scaleOf(channel)) ?? []), place]);
    });
    return groups;
  }

  private scales(): Record<string, uPlot.Scale> {
    const { sources, log, lead, steps } = this.picture;
    const scales: Record<string, uPlot.Scale> = {};
    for (const [key, places] of this.groups()) {
      const isLog = log && places.some((place) => sources[place] && counts(sources[place].channel));
      const bounds = places.includes(lead) ? steps.map(({ figure }) => figure) : [];
      scales[key] = {
        ...(isLog && { distr: 4 as const, asinh: 1 }),
        range: (_, least, most) => rangeOf([least, most, ...bounds], isLog),
      };
    }
    return scales;
  }

  private axes(): uPlot.Axis[] {
    const { sources } = this.picture;
    return [...this.groups()].map(([scale, places], n) => {
      const first = sources[places[0] ?? 0];
      const letters = places.map((place) => lookOf(place).letter).join(" ");
      return {
        ...axis(),
        scale,
        side: n % 2 === 0 ? 3 : 1,
        size: 58,
        grid: { show: n === 0, stroke: colour("hairline"), width: 1 },
        label: `${letters}  ${first ? unit(first.channel.unit) : ""}`.trim(),
        labelSize: 18,
        labelFont: font(12),
        values: (_: uPlot, splits: number[]) => (first ? ticksOf(first, splits) : splits.map(() => "")),
      };
    });
  }

  private timeAxis(): uPlot.Axis {
    const { from_s, to_s, zone } = this.picture;
    const [begin, end] = to_s - from_s > 172_800 ? [5, 16] : to_s - from_s > 1200 ? [11, 16] : [11, 19];
    return { ...axis(), space: 90, size: 30, values: (_, splits) => splits.map((at_s) => dateTime(at_s * 1000, zone).slice(begin, end)) };
  }

  private select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < least_drag_px) return;
    const [from_s, to_s] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.hands.zoom(from_s, to_s);
  }

  /** What of the chart each phase takes, from left to right in points of the canvas. */
  private spots(plot: uPlot): (Spot & { name: Phase["name"] })[] {
    return this.picture.phases.map((phase) => ({ name: phase.name, ...spotOf(plot, phase) })).filter(({ width }) => width > 0);
  }

  /** A band along the foot of the chart: limits depend on what went on in the zone. */
  private band(plot: uPlot): (Spot & { what: Stay["what"]; top: number; height: number })[] {
    const height = stay_px * devicePixelRatio;
    const top = plot.bbox.top + plot.bbox.height - height;
    return this.picture.stays.map((stay) => ({ what: stay.what, ...spotOf(plot, stay), top, height }));
  }

  private drawStays(plot: uPlot): void {
    for (const { what, left, top, width, height } of this.band(plot)) {
      plot.ctx.fillStyle = colour(what === "at_rest" ? "edge" : "tile");
      plot.ctx.fillRect(left, top, width, height);
    }
  }

  private shade(plot: uPlot): void {
    plot.ctx.fillStyle = colour("tile-a");
    for (const { left, width } of this.spots(plot)) plot.ctx.fillRect(left, plot.bbox.top, width, plot.bbox.height);
  }

  private writeNames(plot: uPlot): void {
    for (const stay of this.band(plot)) writeIn(plot.ctx, t(stay.what), stay);
    const { top } = plot.bbox;
    for (const { name, left, width } of this.spots(plot)) writeIn(plot.ctx, said(name), { left, width, top });
  }

  private drawSteps(plot: uPlot): void {
    const { sources, lead, steps } = this.picture;
    const source = sources[lead];
    if (!source) return;
    const { ctx, bbox } = plot;
    const x = (at_s: number): number => Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(at_s, "x", true)));
    // In the middle of a row of points: between two it would be a blur over both.
    const y = (figure: number): number => Math.round(plot.valToPos(figure, scaleOf(source.channel), true)) + devicePixelRatio / 2;
    ctx.save();
    ctx.font = font(11 * devicePixelRatio);
    ctx.textAlign = "right";
    ctx.textBaseline = "bottom";
    for (const { level, from_s, to_s, figure, joins } of steps) {
      ctx.strokeStyle = ctx.fillStyle = colour(`${level}-ink`);
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash(level === "action" ? [] : [6 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      if (joins !== null) ctx.moveTo(x(from_s), y(joins));
      else ctx.moveTo(x(from_s), y(figure));
      ctx.lineTo(x(from_s), y(figure));
      ctx.lineTo(x(to_s), y(figure));
      ctx.stroke();
      ctx.fillText(bound(figure), x(to_s) - 4 * devicePixelRatio, y(figure) - devicePixelRatio);
    }
    ctx.restore();
  }

  private drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.lineWidth = devicePixelRatio;
    for (const { at_s, level } of this.picture.marks) {
      const x = Math.round(plot.valToPos(at_s, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = colour("quiet");
      ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.setLineDash([]);
      drawSign(ctx, x, bbox.top - 9 * devicePixelRatio, 6 * devicePixelRatio, level);
    }
    ctx.restore();
  }
}

type Spot = { left: number; width: number };

/** What of the chart a time takes, in points of the canvas. */
function spotOf(plot: uPlot, { from_s, to_s }: { from_s: number; to_s: number }): Spot {
  const { left, width } = plot.bbox;
  const x = (at_s: number): number => Math.min(left + width, Math.max(left, plot.valToPos(at_s, "x", true)));
  return { left: x(from_s), width: x(to_s) - x(from_s) };
}

/** Writes a word at the head of a box that has room for it. */
function writeIn(ctx: CanvasRenderingContext2D, word: string, { left, width, top }: Spot & { top: number }): void {
  ctx.save();
  ctx.font = font(11 * devicePixelRatio);
  ctx.textBaseline = "top";
  ctx.fillStyle = colour("text");
  const inset = 4 * devicePixelRatio;
  if (ctx.measureText(word).width + 2 * inset <= width) ctx.fillText(word, left + inset, top + 3 * devicePixelRatio);
  ctx.restore();
}

/** The shape of a level; a ring for what a person did. */
function drawSign(ctx: CanvasRenderingContext2D, x: number, y: number, r: number, level: Level | null): void {
  const corners: Record<Level, [number, number][]> = {
    action: [[-r, -r], [r, -r], [r, r], [-r, r]],
    alert: [[0, -r], [r, r], [-r, r]],
    diagnostic: [[0, -r], [r, 0], [0, r], [-r, 0]],
  };
  ctx.beginPath();
  if (level === null) {
    ctx.arc(x, y, r * 0.8, 0, 2 * Math.PI);
    ctx.strokeStyle = colour("text");
    ctx.stroke();
    return;
  }
  for (const [dx, dy] of corners[level]) ctx.lineTo(x + dx, y + dy);
  ctx.fillStyle = colour(level);
  ctx.fill();
}

function seriesOf({ channel }: Source, place: number): uPlot.Series[] {
  const { hue, dash } = lookOf(place);
  const steps = channel.kind === "analog" || channel.kind === "count" ? undefined : uPlot.paths.stepped?.({ align: 1 });
  const scale = scaleOf(channel);
  const edge: uPlot.Series = { scale, stroke: "transparent", width: 0, points: { show: false }, spanGaps: false };
  const line = { scale, stroke: colour(hue), width: 1.5, dash, spanGaps: false, points: { show: false }, ...(steps && { paths: steps }) };
  return [edge, edge, line];
}

const font = (size: number): string => `${size}px ${getComputedStyle(document.body).fontFamily}`;

function axis(): uPlot.Axis {
  const line = { stroke: colour("hairline"), width: 1 };
  return { stroke: colour("quiet"), font: font(12), grid: line, ticks: line };
}

/** With the unit's own decimals, or as many as tell one tick from the next. Of a logarithmic axis some are null. */
function ticksOf({ channel }: Source, splits: readonly (number | null)[]): string[] {
  const shown = channel.kind === "bits" ? { ...channel, kind: "count" as const } : channel;
  const words = splits.map((at) => (at === null ? "" : value(shown, at, said)));
  const [first, second] = splits;
  if (channel.kind !== "analog" || typeof first !== "number" || typeof second !== "number" || new Set(words).size === words.length) return words;
  const places = Math.ceil(-Math.log10(second - first));
  return splits.map((at) => (at === null ? "" : figure(at, Math.max(0, places))));
}

/** All that is to be seen, with a little air. */
function rangeOf(figures: readonly (number | null)[], isLog: boolean): [number, number] {
  const known = figures.filter((figure): figure is number => figure !== null && Number.isFinite(figure));
  if (known.length === 0) return [0, 1];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  if (isLog) return [Math.min(0, low), Math.max(1, high * 1.5)];
  const air = high === low ? Math.max(1, Math.abs(high) * 0.02) : (high - low) * 0.08;
  return [low - air, high + air];
}

const sizeOf = (box: HTMLElement): { width: number; height: number } => ({
  width: Math.max(80, box.clientWidth),
  height: Math.max(80, box.clientHeight),
});
