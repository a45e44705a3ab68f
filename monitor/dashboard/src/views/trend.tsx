/** The chosen channel over the last minutes, with what is permitted. Past readings first, then live ones. */

import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { Refusal, readings } from "../api";
import type { Readings } from "../api-types";
import { timeOfDay, unitOf, value } from "../format";
import { language, said, t } from "../i18n";
import type { Source } from "../plant";
import { Ring } from "../ring";
import { isUsable, oldAfter_ms, usableIn } from "../rows";
import { alarmsByChannel, chosen, index, listen, may, readingOf, rowOf, server_ms, snapshots } from "../store";
import { theme } from "../theme";
import { Chart, type Pointed } from "./chart";

const shown_s = 600;
/** Two readings a second for the time shown; a slower channel uses less. */
const capacity = 2 * shown_s;

export function Trend() {
  const source = chosen.value;
  if (!source) return null;
  return <TrendOf key={source.channel.id} source={source} />;
}

function TrendOf({ source }: { source: Source }) {
  const { channel } = source;
  const box = useRef<HTMLDivElement>(null);
  const kept = useRef(new Ring(capacity));
  const [historyFailed, setHistoryFailed] = useState(false);
  const pointed = useSignal<Pointed | null>(null);
  const zone = index.value?.plant.time_zone ?? "UTC";
  const raised_s = raisedOf(channel.id);

  useEffect(() => {
    if (!box.current) return;
    const chart = new Chart(box.current, { source, zone, raised_s, shown_s, point: (at) => (pointed.value = at) });
    const draw = (): void => chart.draw(kept.current, server_ms.peek(), gapOf(source));
    const stop = follow(source, kept, draw, setHistoryFailed);
    return () => {
      stop();
      chart.destroy();
    };
  }, [source, zone, snapshots.value, theme.value, language.value, raised_s.join()]);

  const n = shown_s / 60;
  return (
    <figure class="trend" data-testid="trend" data-channel={channel.id}>
      <figcaption>
        <span class="name">{said(channel.label)}</span>
        <Readout source={source} zone={zone} pointed={pointed} />
        <span class="quiet">{historyFailed ? t("history_failed") : t("last_minutes", { n })}</span>
      </figcaption>
      <div class="plot" ref={box} role="img" aria-label={t("trend_of", { channel: said(channel.label), n })} />
    </figure>
  );
}

const raisedOf = (channel: string): number[] =>
  (alarmsByChannel.value.get(channel) ?? []).map((alarm) => Date.parse(alarm.raised_at) / 1000);

/** The value under the pointer, or else the value now. */
function Readout({ source, zone, pointed }: { source: Source; zone: string; pointed: Signal<Pointed | null> }) {
  const at = pointed.value;
  const now = readingOf(source).value;
  const shown = at ? at.value : now.value;
  return (
    <span class={at || isUsable(now.standing) ? "readout" : "readout untrusted"}>
      {at && <time>{timeOfDay(at.at_s * 1000, zone)} </time>}
      <b class="figure">{value(source.channel, shown, said)}</b> <small>{unitOf(source.channel, shown)}</small>
    </span>
  );
}

/** Draws live samples as they come, and once what was there before; gives back what ends it. */
function follow(source: Source, kept: { current: Ring }, draw: () => void, failed: (yes: boolean) => void): () => void {
  const { channel, series } = source;
  let gone = false;
  draw();
  void past(channel.id).then((history) => {
    if (gone) return;
    failed(history === null);
    if (history) kept.current = joined(history, kept.current);
    draw();
  });
  const deaf = listen(series.id, (sample) => {
    if (kept.current.push(Date.parse(sample.at) / 1000, usableIn(sample, channel.place))) draw();
  });
  return () => {
    gone = true;
    deaf();
  };
}

/** Past readings, or null where the server has none to give (its database may be down; live goes on), or gives them not. */
async function past(channel: string): Promise<Readings | null> {
  // The server would record that it was asked.
  if (!may("read_past")) return null;
  const end_s = (server_ms.peek() ?? Date.now()) / 1000;
  try {
    return await readings(channel, end_s - shown_s, end_s, shown_s);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** History first, then what is newer than it among the live readings already heard. */
function joined(history: Readings, live: Ring): Ring {
  const ring = new Ring(capacity);
  history.at.forEach((at_s, i) => ring.push(at_s, history.mean[i] ?? null));
  const [times, values] = live.since(-Infinity, Infinity);
  times.forEach((at_s, i) => ring.push(at_s, values[i] ?? null));
  return ring;
}

/** Readings further apart than a value may be old have a gap between them. */
export const gapOf = ({ device, series }: Source): number =>
  oldAfter_ms(device.period_s, series.records, rowOf(series.id).peek()?.interval_ms) / 1000;
