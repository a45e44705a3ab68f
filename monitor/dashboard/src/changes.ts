/** Changes of the plant as a page lists them: what comes first, what can be done, what a replay found. Pure. */

import type { Difference, Proposal, Trial } from "./admin";
import type { Deed } from "./api-types";

/** What is looser comes first, then what nobody can say of, then the rest; otherwise as the server orders it. */
export function worstFirst(all: readonly Difference[]): Difference[] {
  const rank = ({ is_looser }: Difference): number => (is_looser === true ? 0 : is_looser === null ? 1 : 2);
  return [...all].sort((a, b) => rank(a) - rank(b));
}

export const looserOnes = (all: readonly Difference[]): number => all.filter(({ is_looser }) => is_looser === true).length;

export interface Can {
  approve: boolean;
  reject: boolean;
  withdraw: boolean;
  /** It waits for somebody else: who looks has proposed it. */
  other: boolean;
}

/** What somebody can do about a proposal; the server decides, what it would refuse is not offered. */
export function can({ state, who }: Proposal, name: string, deeds: readonly Deed[]): Can {
  const waits = state === "proposed";
  const [own, approves] = [who === name, deeds.includes("approve_plant")];
  return {
    approve: waits && approves && !own,
    // What is approved is taken back so, as long as the collector has not taken it.
    reject: (waits || state === "approved") && approves,
    withdraw: waits && own && deeds.includes("propose_plant"),
    other: waits && own,
  };
}

type Counts = NonNullable<Trial["result"]>["alarms"][number];

/** What no longer alarms first: that is what could be missed. */
export const byMissed = (all: readonly Counts[]): Counts[] =>
  [...all].sort((a, b) => b.only_old - a.only_old || b.only_new - a.only_new || a.alarm.localeCompare(b.alarm));
