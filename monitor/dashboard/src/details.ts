/** What the service writes beside an alarm or an ask, in a person's language and with its unit. Pure, but for the language. */

import { bound, unit } from "./format";
import { isKey, t, type Key } from "./i18n";

/** What it writes in English, and the text that stands for it; `monitor/notify/details.py` has the same for notices and reports. */
const sentences: readonly [RegExp, Key][] = [
  [/^it has not come to what it was meant for$/, "detail_outcome"],
  [/^no answer$/, "detail_no_answer"],
  [/^it does not read back$/, "detail_not_read_back"],
  [/^dry run$/, "detail_dry_run"],
  [/^it is called for again$/, "detail_called_again"],
  [/^waits for (.+)$/, "detail_waits"],
  [/^taken on try (\d+)$/, "detail_taken"],
  [/^read back on try (\d+)$/, "detail_read_back"],
  [/^the plant has no such limit any more$/, "detail_no_limit"],
  [/^no sample since (\S+) UTC$/, "detail_no_sample"],
  [/^the tower does not show what it should$/, "detail_tower"],
  [/^the command before failed$/, "detail_before_failed"],
  [/^not signed in$/, "detail_not_signed_in"],
  [/^(\d+) \/ (\d+) min$/, "detail_flood"],
  [/^was not running from (.+) to (.+) UTC$/, "detail_down"],
  [/^the device's clock is ([+-][\d.]+) s from ours$/, "detail_clock"],
  [/^the host's clock was set by ([+-]\d+) s; times go on without the step until a restart$/, "detail_clock_set"],
  [/^its time went back; not judged until (.+) UTC$/, "detail_time"],
  [/^(\S+): nothing listens there$/, "detail_nothing_listens"],
  [/^(\S+): not connected$/, "detail_not_connected"],
  [/^(\S+): connection lost$/, "detail_connection_lost"],
  [/^(\S+): no answer within ([\d.]+) s to connect$/, "detail_no_connection"],
];

const comparison = /^(-?[\d.]+) ([<>]) (-?[\d.]+)$/;

/** The limit that was crossed when it was written, whatever the plant permits today; undefined where it is no comparison. */
export function crossedOf(detail: string): { crossed: "low" | "high"; limit: number } | undefined {
  const [, , sign, limit] = comparison.exec(detail) ?? [];
  return limit === undefined ? undefined : { crossed: sign === "<" ? "low" : "high", limit: Number(limit) };
}

/** `-22.1 < -8` of a channel in Pa/s: `−22.1 < −8 Pa/s`. What is not known stays as it was written. */
export function inWords(detail: string, written = ""): string {
  const [, value, sign, limit] = comparison.exec(detail) ?? [];
  if (value && limit) return `${bound(Number(value))} ${sign} ${bound(Number(limit))} ${unit(written)}`.trimEnd();
  for (const [sentence, key] of sentences) {
    const found = sentence.exec(detail);
    if (found) return t(key, { a: found[1] ?? "", b: found[2] ?? "" });
  }
  return detail;
}

/** What is wrong with a part of the service; undefined where there is no word for it. */
export function serviceTitle(part: string): string | undefined {
  const [sort = "", of] = part.split("-of-");
  const key = `service_${sort.replaceAll("-", "_")}`;
  if (!isKey(key)) return undefined;
  return of === undefined ? t(key) : `${t(key)} · ${of}`;
}
