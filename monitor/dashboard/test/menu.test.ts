import { expect, test } from "vitest";
import { first, further, open } from "../src/menu";
import { pageOf } from "../src/page";

const kinds = (deeds: Parameters<typeof open>[1]) => open([...first, ...further], deeds).map(({ kind }) => kind);

test("everybody is shown what is live and the own account, and nothing that would be refused", () => {
  expect(kinds([])).toEqual(["plant", "alarms", "protections", "duty", "devices", "account"]);
});

test("one of several rights is enough", () => {
  expect(kinds(["keep_training"])).toContain("people");
  expect(kinds(["approve_plant"])).toContain("changes");
  expect(kinds(["approve_plant"])).not.toContain("people");
});

test("every item leads to its own page", () => {
  for (const { kind, address } of [...first, ...further]) expect(pageOf(address).kind).toBe(kind);
});
