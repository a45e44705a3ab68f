import { expect, test } from "vitest";
import type { Difference, Proposal } from "../src/admin";
import { byMissed, can, looserOnes, worstFirst } from "../src/changes";

const both = (word: string) => ({ en: word, zh: word });

const difference = (id: string, is_looser: boolean | null): Difference => ({
  kind: "limit",
  kind_label: both("limit"),
  id,
  field: "high",
  field_label: both("high"),
  old: "1",
  new: "2",
  is_looser,
});

const proposal = (given: Partial<Proposal> = {}): Proposal => ({
  number: 1,
  at: "",
  who: "li",
  reason: "",
  sha256: "",
  base: "",
  state: "proposed",
  steps: [],
  ...given,
});

test("what is looser is seen first, and the server's order is kept otherwise", () => {
  const all = [difference("a", false), difference("b", null), difference("c", true), difference("d", true)];
  expect(worstFirst(all).map(({ id }) => id)).toEqual(["c", "d", "b", "a"]);
  expect(looserOnes(all)).toBe(2);
});

test("nobody is offered the approval of the own proposal", () => {
  expect(can(proposal(), "qian", ["approve_plant"])).toEqual({ approve: true, reject: true, withdraw: false, other: false });
  expect(can(proposal(), "li", ["propose_plant", "approve_plant"])).toEqual({ approve: false, reject: true, withdraw: true, other: true });
  expect(can(proposal(), "kan", [])).toEqual({ approve: false, reject: false, withdraw: false, other: false });
});

test("an approval is taken back as long as it is not in force", () => {
  const approved = proposal({ state: "approved" });
  expect(can(approved, "qian", ["approve_plant"])).toEqual({ approve: false, reject: true, withdraw: false, other: false });
  expect(can(approved, "li", ["propose_plant"]).withdraw).toBe(false);
});

test("what is decided is not decided again", () => {
  for (const state of ["rejected", "withdrawn", "in_force"] as const) {
    expect(Object.values(can(proposal({ state }), "qian", ["approve_plant", "propose_plant"]))).toEqual([false, false, false, false]);
  }
});

test("what would no longer alarm comes first", () => {
  const counts = (alarm: string, only_old: number, only_new: number) => ({ alarm, only_old, only_new, both: 0 });
  expect(byMissed([counts("a", 0, 0), counts("b", 0, 3), counts("c", 2, 0)]).map(({ alarm }) => alarm)).toEqual(["c", "b", "a"]);
});
