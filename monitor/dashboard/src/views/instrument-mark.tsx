/** The sign of an instrument's state: shape and colour, beside its word; in order has none, for grey is well. */

import type { InstrumentState } from "../api-types";

const diamond = "M12 1 23 12 12 23 1 12z";
const signs: Record<InstrumentState, { path: string; letter: string } | null> = {
  in_order: null,
  due_in_3_months: { path: diamond, letter: "3" },
  due_in_1_month: { path: diamond, letter: "1" },
  overdue: { path: "M12 1.5 23.2 22H.8z", letter: "!" },
  unqualified: { path: "M2 2h20v20H2z", letter: "×" },
  unknown: { path: "M12 1a11 11 0 1 0 .1 0z", letter: "?" },
};

export function InstrumentMark({ state }: { state: InstrumentState }) {
  const sign = signs[state];
  return (
    <svg class={`instrument-mark ${state}`} viewBox="0 0 24 24" aria-hidden="true">
      {sign && <path d={sign.path} />}
      {sign && (
        <text x="12" y={state === "overdue" ? 19.5 : 17} text-anchor="middle">
          {sign.letter}
        </text>
      )}
    </svg>
  );
}
