/** What the screen's size permits, as signals. */

import { signal, type ReadonlySignal } from "@preact/signals";

function fits(query: string): ReadonlySignal<boolean> {
  const media = matchMedia(query);
  const now = signal(media.matches);
  media.addEventListener("change", () => (now.value = media.matches));
  return now;
}

/** Room for a wide trend below the tiles of one area. */
export const isLarge = fits("(min-width: 1500px) and (min-height: 880px)");
/** Room for two, or for three, workshops beside one another. */
export const holdsTwo = fits("(min-width: 1280px)");
export const holdsThree = fits("(min-width: 1680px)");
