/** Tells the server which alarms this screen has drawn, once for each occurrence: it belongs to the alarm's record. */

import { effect } from "@preact/signals";
import type { Alarm } from "./api-types";
import { tellShown } from "./duty";
import { alarmList } from "./store";

/** As many as the server takes at once. */
const at_once = 500;

const nameOf = ({ id, raised_at }: Alarm): string => `${id} ${raised_at}`;

/** Goes on until what it gives back is called. What cannot be told is told with the next change. */
export function tellOfShown(): () => void {
  const told = new Set<string>();
  let frame = 0;
  const tell = (): void => {
    const drawn = alarmList.peek().filter((one) => one.active && !told.has(nameOf(one))).slice(0, at_once);
    if (drawn.length === 0) return;
    for (const one of drawn) told.add(nameOf(one));
    tellShown(drawn).catch(() => {
      for (const one of drawn) told.delete(nameOf(one));
    });
  };
  const stop = effect(() => {
    if (alarmList.value.length === 0) told.clear();
    cancelAnimationFrame(frame);
    // A frame is asked for while nothing is drawn yet, and comes before it is; the one behind it comes after. A page that
    // nobody sees has none.
    frame = requestAnimationFrame(() => (frame = requestAnimationFrame(tell)));
  });
  return () => {
    stop();
    cancelAnimationFrame(frame);
  };
}
