/** The menu: what leads to every page, and who is shown which. Pure. */

import type { Deed } from "./api-types";
import type { Key } from "./i18n";
import type { Page } from "./page";

export interface Item {
  kind: Page["kind"];
  name: Key;
  address: string;
  /** One of these rights is enough; none: everybody's. */
  deeds: readonly Deed[];
}

/** Those that an operator needs at once. */
export const first: readonly Item[] = [
  { kind: "plant", name: "nav_plant", address: "#/", deeds: [] },
  { kind: "alarms", name: "nav_alarms", address: "#/alarms", deeds: [] },
  { kind: "batches", name: "batches", address: "#/batches", deeds: ["read_past"] },
  { kind: "trends", name: "nav_trends", address: "#/trends", deeds: ["read_past"] },
  { kind: "protections", name: "nav_protections", address: "#/protections", deeds: [] },
];

/** Those behind one more step. */
export const further: readonly Item[] = [
  { kind: "samples", name: "plates", address: "#/samples", deeds: ["read_past"] },
  { kind: "duty", name: "on_call", address: "#/on-call", deeds: [] },
  { kind: "devices", name: "devices", address: "#/devices", deeds: [] },
  { kind: "equipment", name: "equipment", address: "#/equipment", deeds: ["read_past"] },
  { kind: "instruments", name: "instruments", address: "#/instruments", deeds: ["read_past"] },
  { kind: "deviations", name: "deviations", address: "#/deviations", deeds: ["read_past"] },
  { kind: "prevention", name: "prevention", address: "#/prevention", deeds: ["read_past"] },
  { kind: "book", name: "book", address: "#/book", deeds: ["read_book"] },
  { kind: "changes", name: "changes", address: "#/changes", deeds: ["propose_plant", "approve_plant", "read_book"] },
  { kind: "people", name: "people", address: "#/people", deeds: ["keep_people", "keep_training", "keep_tokens"] },
  { kind: "account", name: "account", address: "#/account", deeds: [] },
];

/** Of some items those that somebody with these rights is shown. */
export const open = (items: readonly Item[], deeds: readonly Deed[]): Item[] =>
  items.filter((item) => item.deeds.length === 0 || item.deeds.some((deed) => deeds.includes(deed)));
