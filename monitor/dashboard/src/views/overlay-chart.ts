/** The drawing of batches over each other, on uPlot: the first in ink, the others pale, with the first one's limits. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { bound } from "../format";
import { sinceBeginning, type Laid } from "../overlay";
import { colour } from "../theme";
import type { Step } from "../trends";

const pale = "99";
/** How far ticks may be from one another, in hours: whole seconds, minutes and days. */
const steps_h = [5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800].map((step_s) => step_s / 3600);

export class OverlayChart {
  private readonly plot: uPlot;
  private readonly resized: ResizeObserver;

  constructor(
    box: HTMLElement,
    { hours, columns, least, most }: Laid,
    private readonly steps: readonly Step[],
  ) {
    const [first = [], ...others] = columns;
    // In front is what is drawn last.
    const data = [hours, ...others.reverse(), most, least, first] as uPlot.AlignedData;
    this.plot = new uPlot(this.plan(box, others.length), data, box);
    this.resized = new ResizeObserver(() => this.plot.setSize(sizeOf(box)));
    this.resized.observe(box);
  }

  destroy(): void {
    this.resized.disconnect();
    this.plot.destroy();
  }

  private plan(box: HTMLElement, others: number): uPlot.Options {
    const line = { stroke: colour("hairline"), width: 1 };
    const axis: uPlot.Axis = { stroke: colour("quiet"), font: font(12), grid: line, ticks: line };
    return {
      ...sizeOf(box),
      legend: { show: false },
      padding: [16, 40, 0, 8],
      cursor: { y: false, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { range: (_, least, most) => this.range(least, most) } },
      series: [{}, ...Array.from({ length: others }, () => lineOf("edge-a", 1.5, pale)), edge, edge, lineOf("line-1", 2)],
      bands: [{ series: [others + 1, others + 2], fill: `${colour("line-1")}40` }],
      axes: [
        { ...axis, incrs: steps_h, values: (_, splits) => splits.map(sinceBeginning) },
        { ...axis, size: 58 },
      ],
      hooks: { draw: [(plot) => this.drawSteps(plot)] },
    };
  }

  private range(least: number, most: number): [number, number] {
    const known = [least, most, ...this.steps.map(({ figure }) => figure)].filter(Number.isFinite);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    if (known.length === 0) return [0, 1];
    const air = high === low ? Math.max(1, Math.abs(high) * 0.02) : (high - low) * 0.08;
    return [low - air, high + air];
  }

  private drawSteps(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const x = (hour: number): number => Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(hour, "x", true)));
    ctx.save();
    ctx.font = font(11 * devicePixelRatio);
    ctx.lineWidth = devicePixelRatio;
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    for (const { level, from_s, to_s, figure } of this.steps) {
      const y = Math.round(plot.valToPos(figure, "y", true)) + devicePixelRatio / 2;
      ctx.strokeStyle = ctx.fillStyle = colour(`${level}-ink`);
      ctx.setLineDash(level === "action" ? [] : [6 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(x(from_s), y);
      ctx.lineTo(x(to_s), y);
      ctx.stroke();
      ctx.fillText(bound(figure), x(to_s) + 4 * devicePixelRatio, y);
    }
    ctx.restore();
  }
}

const edge: uPlot.Series = { scale: "y", stroke: "transparent", width: 0, points: { show: false }, spanGaps: false };

const lineOf = (hue: string, width: number, paleness = ""): uPlot.Series => ({ ...edge, stroke: `${colour(hue)}${paleness}`, width });

const font = (size: number): string => `${size}px ${getComputedStyle(document.body).fontFamily}`;

const sizeOf = (box: HTMLElement): { width: number; height: number } => ({
  width: Math.max(80, box.clientWidth),
  height: Math.max(80, box.clientHeight),
});
