import { expect, test } from "vitest";
import type { OnePerson, OneToken } from "../src/admin";
import { accountState, inOrder, standingOn, tokenState, trainingOf } from "../src/people";

const person = (name: string, given: Partial<OnePerson> = {}): OnePerson => ({
  name,
  display: name,
  language: "zh",
  role: "operator",
  must_change: false,
  locked: false,
  disabled: false,
  created_at: "2026-01-01T00:00:00Z",
  oidc_subject: "",
  ...given,
});

test("a training holds on both of its days, and is said to end soon thirty days before", () => {
  const training = { valid_from: "2026-03-02", valid_until: "2027-03-01" };
  expect(standingOn(training, "2026-03-01")).toBe("not_yet");
  expect(standingOn(training, "2026-03-02")).toBe("current");
  expect(standingOn(training, "2027-01-29")).toBe("current");
  expect(standingOn(training, "2027-01-30")).toBe("ends_soon");
  expect(standingOn(training, "2027-03-01")).toBe("ends_soon");
  expect(standingOn(training, "2027-03-02")).toBe("over");
  expect(standingOn(undefined, "2027-03-02")).toBe("none");
});

test("a person's training is found by its subject", () => {
  const noted = { person: "li", what: "alarms", valid_from: "", valid_until: "", noted_by: "qian", noted_at: "" };
  const all = [noted, { ...noted, person: "wang", what: "review" }];
  expect([...trainingOf(all, "li").keys()]).toEqual(["alarms"]);
});

test("who is locked out comes first, who is disabled last, whatever else is so", () => {
  const all = [person("wang"), person("an", { disabled: true, locked: true }), person("zhao", { locked: true }), person("li")];
  expect(inOrder(all).map(({ name }) => name)).toEqual(["zhao", "li", "wang", "an"]);
  expect(inOrder(all).map(accountState)).toEqual(["locked", "in_use", "in_use", "disabled"]);
  expect(accountState(person("li", { must_change: true }))).toBe("must_change");
});

test("a token is over at its end, unless it was revoked before", () => {
  const token: OneToken = { name: "mes", deeds: [], made_by: "", made_at: "", ends_at: "2026-03-02T00:00:00Z", revoked_at: null };
  const end_ms = Date.parse(token.ends_at);
  expect(tokenState(token, end_ms - 1)).toBe("in_use");
  expect(tokenState(token, end_ms)).toBe("over");
  expect(tokenState({ ...token, revoked_at: "2026-03-01T00:00:00Z" }, end_ms)).toBe("revoked");
});
