/** Ten minutes before an alarm and after it, with its bounds, as large as a telephone is wide. */

import { readings } from "../api";
import type { Alarm } from "../api-types";
import { drawing } from "../duty";
import { said, t } from "../i18n";
import type { PlantIndex, Source } from "../plant";
import { may, server_ms } from "../store";
import { useAsked } from "./asked";

const span_s = 600;
const points = 200;
const box: [number, number] = [360, 120];

interface Props {
  alarm: Alarm;
  source: Source;
  plant: PlantIndex;
}

export function MiniTrend({ alarm, source: { channel }, plant }: Props) {
  const raised_s = Date.parse(alarm.raised_at) / 1000;
  const [from_s, until_s] = [raised_s - span_s, raised_s + span_s];
  // Drawn anew once a minute while it goes on.
  const minute = Math.floor(Math.min(until_s, (server_ms.value ?? 0) / 1000) / 60);
  const asking = async () => (may("read_past") ? await readings(channel.id, from_s, until_s, points) : null);
  const { told, failure } = useAsked(asking, [channel.id, raised_s, minute]);
  const limit = plant.limits.get(alarm.id);
  const bounds = limit?.channel === channel.id ? [limit.low, limit.high].filter((one): one is number => one !== null) : [];
  const drawn = told && drawing(told.at, told.mean, bounds, [from_s, until_s], box);
  return (
    <figure class="mini-trend" data-testid="mini-trend">
      <figcaption class="quiet">
        {said(channel.label)} · {t("call_trend")}
      </figcaption>
      {drawn ? (
        <svg viewBox={`0 0 ${box[0]} ${box[1]}`} role="img" aria-label={t("call_trend")}>
          <line class="raised" x1={drawn.x(raised_s)} x2={drawn.x(raised_s)} y1={0} y2={box[1]} />
          {bounds.map((one) => (
            <line key={one} class={`bound ${alarm.level}`} x1={0} x2={box[0]} y1={drawn.y(one)} y2={drawn.y(one)} />
          ))}
          {drawn.lines.map((line) => (
            <polyline key={line} points={line} />
          ))}
        </svg>
      ) : (
        <p class="quiet">{failure !== "" ? t("history_failed") : t("call_trend_none")}</p>
      )}
    </figure>
  );
}
