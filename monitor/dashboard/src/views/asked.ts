/** What a page asks the server for when it is opened, and again after something was done. */

import { useCallback, useEffect, useState } from "preact/hooks";
import { Refusal } from "../api";
import { t } from "../i18n";

export interface Asked<T> {
  /** The last answer; null: none yet. */
  told: T | null;
  /** Why there is no newer one, or "". */
  failure: string;
  again: () => Promise<void>;
}

/** Why the server said no, in a person's words. */
export const whyNot = ({ status, message }: Refusal): string => (status === 0 ? t("not_reached") : message);

/** Asks at once, and again when one of `about` is another. */
export function useAsked<T>(ask: () => Promise<T>, about: readonly unknown[] = []): Asked<T> {
  const [told, setTold] = useState<T | null>(null);
  const [failure, setFailure] = useState("");
  const again = useCallback(async (): Promise<void> => {
    try {
      setTold(await ask());
      setFailure("");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      setFailure(whyNot(error));
    }
  }, about);
  useEffect(() => void again(), [again]);
  return { told, failure, again };
}

const look_ms = 1000;

/** As `useAsked`, of what runs beside the server: looks again while it does. None was begun yet: that is no failure. */
export function useWatched<T extends { state: string }>(
  ask: () => Promise<T>,
  about: readonly unknown[],
): Asked<T> & { runs: boolean } {
  const asked = useAsked<T | null>(async () => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return null;
      throw error;
    }
  }, about);
  const { told, again } = asked;
  const runs = told?.state === "running";
  useEffect(() => {
    if (!runs) return;
    const timer = setInterval(() => void again(), look_ms);
    return () => clearInterval(timer);
  }, [runs, again]);
  return { ...asked, runs };
}
