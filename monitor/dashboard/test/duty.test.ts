import { expect, test } from "vitest";
import { drawing, isToConfirm, stateOf, steps, withLive, type AlarmTimes, type Notice } from "../src/duty";
import { addressOfCall, pageOf } from "../src/page";
import { signingBy } from "../src/views/acknowledge";
import type { Alarm } from "../src/api-types";

const at = "2026-11-21T08:03:42.000000+00:00";
const notice = (other: Partial<Notice> = {}): Notice => ({
  key: "ISO/pressure/action|2026|1|li|robot",
  at,
  kind: "alarm",
  person: "li",
  way: "robot",
  step: 1,
  alarms: [["ISO/pressure/action", at]],
  because: "",
  outcome: null,
  tries: [],
  ended_at: null,
  detail: "",
  receipt_at: null,
  receipt_by: "",
  ...other,
});

test("what became of a notice is said in a word, and a person's own word counts most", () => {
  const end = "2026-11-21T08:03:43+00:00";
  expect(stateOf(notice()).key).toBe("notice_waiting");
  expect(stateOf(notice({ outcome: "accepted", ended_at: end }))).toEqual({ key: "notice_accepted", when: end, why: "" });
  expect(stateOf(notice({ outcome: "refused", ended_at: end, detail: "HTTP 403" })).why).toBe("HTTP 403");
  expect(stateOf(notice({ outcome: "failed", ended_at: end })).key).toBe("notice_failed");
  expect(stateOf(notice({ outcome: "not_needed", ended_at: end })).key).toBe("notice_not_needed");
  expect(stateOf(notice({ outcome: "accepted", receipt_at: end, receipt_by: "li" })).key).toBe("notice_read");
});

test("only its receiver confirms a notice, once, and no canary", () => {
  expect(isToConfirm(notice(), "li")).toBe(true);
  expect(isToConfirm(notice(), "wang")).toBe(false);
  expect(isToConfirm(notice({ receipt_at: at }), "li")).toBe(false);
  expect(isToConfirm(notice({ kind: "canary" }), "li")).toBe(false);
});

test("each time is told with the seconds after the sample, and one that was not noted is not guessed", () => {
  const times: AlarmTimes = {
    sample_at: at,
    heard_at: null,
    judged_at: "2026-11-21T08:03:42.214000+00:00",
    stored_at: null,
    shown_at: null,
    sent_at: "2026-11-21T08:03:42.240000+00:00",
    accepted_at: "2026-11-21T08:03:43.000000+00:00",
    acknowledged_at: null,
    acknowledged_by: "",
  };
  expect(steps(times).map(({ after_s }) => after_s)).toEqual([0, 0.214, null, null, 0.24, 1, null]);
  expect(steps({ ...times, sample_at: null }).every(({ after_s }) => after_s === null)).toBe(true);
});

test("a line is broken where there is no value, and a bound has room", () => {
  const drawn = drawing([0, 1, 2, 3], [10, 20, null, 30], [40], [0, 4], [400, 100]);
  expect(drawn?.lines.length).toBe(2);
  expect(drawn?.lines[0]?.split(" ").length).toBe(2);
  expect(drawn && drawn.y(40) < drawn.y(10)).toBe(true);
  expect(drawn && drawn.y(40) >= 0 && drawn.y(10) <= 100).toBe(true);
  expect(drawing([0, 1], [null, null], [5], [0, 1], [10, 10])).toBeNull();
  expect(drawing([0, 1], [7, 7], [], [0, 1], [10, 10])?.lines).toEqual(["0.0,5.0 10.0,5.0"]);
});

test("an alarm's address for a telephone leads back to it, also as the server writes it", () => {
  const alarm = { id: "ISO-STM-L1/chamber_pressure/action", raised_at: at } as Alarm;
  expect(pageOf(addressOfCall(alarm))).toEqual({ kind: "call", alarm: alarm.id, raised_at: at });
  expect(pageOf("#/call/ISO%2Fp%2Faction/2026-11-21T08%3A03%3A42%2B00%3A00")).toEqual({
    kind: "call",
    alarm: "ISO/p/action",
    raised_at: "2026-11-21T08:03:42+00:00",
  });
  expect(pageOf("#/call/%E0%A4%A/x").kind).toBe("call");
  expect(pageOf("#/on-call/a%7Cli%7Crobot")).toEqual({ kind: "duty", notice: "a|li|robot" });
});

test("figures alone are a PIN of whoever has one", () => {
  expect(signingBy("480913", true)).toEqual({ pin: "480913", meaning: "responsibility" });
  expect(signingBy("480913", false)).toEqual({ password: "480913", meaning: "responsibility" });
  expect(signingBy("correct horse", true)).toEqual({ password: "correct horse", meaning: "responsibility" });
});

test("while the database is away the collector itself says who was told and what became of it", () => {
  const end = "2026-11-21T08:03:43+00:00";
  const told: Alarm["told"] = [{ person: "li", way: "robot", step: 1, at, outcome: "accepted", ended_at: end }];
  const alarm = { id: "ISO/p/action", raised_at: at, told } as Alarm;
  const [one, other, ...none] = withLive([notice(), notice({ person: "wang" })], alarm);
  expect(one && stateOf(one)).toEqual({ key: "notice_accepted", when: end, why: "" });
  expect(other?.person).toBe("wang");
  expect(none).toEqual([]);
});
