/** A computed signal of a component. Given to the page as it is, it renews its text or attribute and nothing else. */

import { computed, type ReadonlySignal } from "@preact/signals";
import { useMemo } from "preact/hooks";

/** `on`: what it is made from besides signals; made anew when one of these changes. */
export const useLive = <T>(compute: () => T, on: readonly unknown[]): ReadonlySignal<T> => useMemo(() => computed(compute), on);
