/** The drawing of one channel over time, on uPlot: one line, its limits, its gaps. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Limit } from "../api-types";
import { bound, timeOfDay, value } from "../format";
import { said } from "../i18n";
import type { Source } from "../plant";
import type { Ring } from "../ring";
import { colour } from "../theme";

export interface Pointed {
  at_s: number;
  value: number | null;
}

export interface ChartOptions {
  source: Source;
  zone: string;
  /** When alarms of this channel were raised, epoch seconds. */
  raised_s: readonly number[];
  shown_s: number;
  /** Told what the pointer is over; null when it has left. */
  point: (at: Pointed | null) => void;
}

export class Chart {
  private readonly plot: uPlot;
  private readonly resized: ResizeObserver;

  constructor(
    private readonly box: HTMLElement,
    private readonly options: ChartOptions,
  ) {
    this.plot = new uPlot(this.plan(), [[], []], box);
    this.resized = new ResizeObserver(() => this.plot.setSize(this.size()));
    this.resized.observe(box);
  }

  /** Draws what the ring holds of the time shown, which ends at `end_ms` (the server's time). */
  draw(ring: Ring, end_ms: number | undefined, gap_s: number): void {
    const end_s = Math.max(ring.newest, (end_ms ?? 0) / 1000);
    const start_s = end_s - this.options.shown_s;
    this.plot.batch(() => {
      this.plot.setData(ring.since(start_s, gap_s), false);
      this.plot.setScale("x", { min: start_s, max: end_s });
    });
  }

  destroy(): void {
    this.resized.disconnect();
    this.plot.destroy();
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(80, this.box.clientWidth), height: Math.max(80, this.box.clientHeight) };
  }

  private plan(): uPlot.Options {
    const { source, zone } = this.options;
    const stepped = source.channel.kind !== "analog";
    const steps = stepped ? uPlot.paths.stepped?.({ align: 1 }) : undefined;
    return {
      ...this.size(),
      legend: { show: false },
      padding: [8, 44, 0, 0],
      cursor: { y: false, drag: { x: false, y: false } },
      tzDate: (at_s) => uPlot.tzDate(new Date(at_s * 1000), zone),
      scales: { x: { time: true }, y: { range: (_, least, most) => rangeOf(source, least, most) } },
      series: [
        {},
        { stroke: colour("ink"), width: 1.5, spanGaps: false, points: { show: false }, ...(steps && { paths: steps }) },
      ],
      axes: [
        { ...axis(), space: 70, size: 30, values: (_, splits) => splits.map((at_s) => timeOfDay(at_s * 1000, zone).slice(0, 5)) },
        { ...axis(), size: 62, values: (_, splits) => splits.map((at) => value(tick(source), at, said)) },
      ],
      hooks: {
        drawClear: [(plot) => this.shadePermitted(plot)],
        draw: [(plot) => this.drawLimits(plot), (plot) => this.drawRaised(plot)],
        setCursor: [(plot) => this.options.point(pointedAt(plot))],
      },
    };
  }

  private shadePermitted(plot: uPlot): void {
    const { low, high } = permittedOf(this.options.source.limits);
    if (low === null && high === null) return;
    const { left, top, width, height } = plot.bbox;
    const above = high === null ? top : Math.max(top, plot.valToPos(high, "y", true));
    const below = low === null ? top + height : Math.min(top + height, plot.valToPos(low, "y", true));
    plot.ctx.fillStyle = colour("permitted");
    plot.ctx.fillRect(left, above, width, below - above);
  }

  private drawLimits(plot: uPlot): void {
    for (const { level, low, high } of this.options.source.limits) {
      for (const figure of [low, high]) {
        if (figure !== null) this.drawLine(plot, figure, level);
      }
    }
  }

  private drawLine(plot: uPlot, figure: number, level: Limit["level"]): void {
    const { ctx, bbox } = plot;
    const y = Math.round(plot.valToPos(figure, "y", true));
    const right = bbox.left + bbox.width;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = colour(`${level}-ink`);
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash(level === "action" ? [] : [6 * devicePixelRatio, 4 * devicePixelRatio]);
    stroke(ctx, bbox.left, y, right, y);
    ctx.font = `${11 * devicePixelRatio}px ${getComputedStyle(document.body).fontFamily}`;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.fillText(bound(figure), right + 5 * devicePixelRatio, y);
    ctx.restore();
  }

  private drawRaised(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = colour("quiet");
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    for (const at_s of this.options.raised_s) {
      const x = Math.round(plot.valToPos(at_s, "x", true));
      if (x >= bbox.left && x <= bbox.left + bbox.width) stroke(ctx, x, bbox.top, x, bbox.top + bbox.height);
    }
    ctx.restore();
  }
}

function stroke(ctx: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function axis(): uPlot.Axis {
  const line = { stroke: colour("hairline"), width: 1 };
  return { stroke: colour("quiet"), font: `11px ${getComputedStyle(document.body).fontFamily}`, grid: line, ticks: line };
}

/** An axis of states or bits has plain numbers. */
const tick = ({ channel }: Source): Source["channel"] =>
  channel.kind === "bits" ? { ...channel, kind: "count" } : channel;

function permittedOf(limits: readonly Limit[]): { low: number | null; high: number | null } {
  const lows = limits.flatMap(({ low }) => (low === null ? [] : [low]));
  const highs = limits.flatMap(({ high }) => (high === null ? [] : [high]));
  return { low: lows.length ? Math.max(...lows) : null, high: highs.length ? Math.min(...highs) : null };
}

/** The values and every limit, with a little air: a value is judged by its distance from what is permitted. */
function rangeOf({ limits }: Source, least: number | null, most: number | null): [number, number] {
  const bounds = limits.flatMap(({ low, high }) => [low, high]);
  const all = [least, most, ...bounds].filter((figure) => figure !== null && Number.isFinite(figure)) as number[];
  if (all.length === 0) return [0, 1];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const air = high === low ? Math.max(1, Math.abs(high) * 0.02) : (high - low) * 0.08;
  return [low - air, high + air];
}

function pointedAt(plot: uPlot): Pointed | null {
  const { idx, left } = plot.cursor;
  const at_s = idx == null ? undefined : plot.data[0][idx];
  if (idx == null || at_s === undefined || left === undefined || left < 0) return null;
  return { at_s, value: plot.data[1]?.[idx] ?? null };
}
