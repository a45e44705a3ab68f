/** What a machine is doing: its mode, and how far a cycle has come, one step for each of its phases. */

import { duration } from "../format";
import { said, t } from "../i18n";
import { isUnderWay } from "../line";
import type { Source } from "../plant";
import type { Scheme } from "../scheme";
import { useLive } from "../use-live";
import { LiveValue, usableNow } from "./live-value";

export function Doing({ scheme: { mode, phase, left } }: { scheme: Scheme }) {
  if (!mode && !phase) return null;
  return (
    <div class="doing">
      {mode && <LiveValue source={mode} name />}
      {phase && <Phase phase={phase} left={left} />}
    </div>
  );
}

function Phase({ phase, left }: { phase: Source; left: Source | undefined }) {
  const now = useLive(() => usableNow(phase), [phase]);
  const time = useLive(() => timeLeft(phase, left), [phase, left]);
  return (
    <div class="phase" data-testid={`phase-${phase.channel.id}`}>
      <span class="name">{said(phase.channel.label)}</span>
      <ol>
        {Object.entries(phase.channel.states).map(([state, label]) => (
          <li key={state} aria-current={now.value === Number(state) ? "step" : undefined}>
            {said(label)}
          </li>
        ))}
      </ol>
      <span class="quiet">{time}</span>
    </div>
  );
}

/** `18 min left`; "" where nothing is under way. */
export function timeLeft(phase: Source, left: Source | undefined): string {
  const seconds = left && usableNow(left);
  if (!isUnderWay(phase, usableNow(phase)) || !seconds) return "";
  return t("time_left", { time: duration(seconds) });
}
