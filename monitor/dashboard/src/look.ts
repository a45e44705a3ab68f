/** How a value that must not be relied on is told from one that may: each reason has a look of its own, in no alarm's colour. Pure. */

import type { Reading } from "./rows";

/** `stale`: true once, but old. `bad`: none, or none that may be used. `simulated`: made up by the device. */
export type Look = "" | "stale" | "bad" | "simulated";

export function lookOf({ standing, quality }: Pick<Reading, "standing" | "quality">): Look {
  switch (standing) {
    case "fresh":
    case "doubtful":
      return "";
    case "old":
      return "stale";
    case "simulated":
      return "simulated";
    case "blind":
    case "never":
      return quality === "stale" ? "stale" : "bad";
  }
}

/** As the classes of an element. */
export const looks = (reading: Pick<Reading, "standing" | "quality">): string => {
  const look = lookOf(reading);
  return look === "" ? "" : `untrusted ${look}`;
};
