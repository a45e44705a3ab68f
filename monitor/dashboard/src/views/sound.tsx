/** What a person sees of the sound: whether it can be heard, a test of it, and how to silence it at this station. */

import { deaf, isSilenced, silence, sounding, test } from "../horn";
import { t } from "../i18n";
import { may } from "../store";
import { Mark } from "./mark";

/** In the head: a fault while nothing can be heard; pressing it is what lets a browser sound. */
export function Sound() {
  const why = deaf.value;
  if (why !== null && why !== "unasked") {
    return (
      <button class="plain sound-fault" data-testid="sound-fault" data-why={why} onClick={test}>
        <Mark level="diagnostic" /> <span role="alert">{t(`sound_${why}`)}</span>
      </button>
    );
  }
  const label = isSilenced.value ? t("silenced") : t("sound_test");
  return (
    <button class="plain icon" data-testid="sound-test" aria-label={label} title={label} onClick={test}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <path d="M3 7.5h3.5L11 4v12l-4.5-3.5H3z" fill="currentColor" />
        <path
          d={isSilenced.value ? "M13 8l4.5 4.5M17.5 8 13 12.5" : "M13.5 7.5a4 4 0 0 1 0 5M15.5 5a7 7 0 0 1 0 10"}
          fill="none"
          stroke="currentColor"
          stroke-width="1.6"
        />
      </svg>
    </button>
  );
}

/** Beside the alarms, while one is to be heard. */
export function Silence() {
  if (sounding.value === null) return isSilenced.value ? <span class="quiet">{t("silenced")}</span> : null;
  if (!may("silence")) return null;
  return (
    <button class="plain silence" data-testid="silence" title={t("silence_what")} onClick={silence}>
      {t("silence")}
    </button>
  );
}

/** At the sign-in: a person hears whether this station can be heard, before relying on it. */
export function SoundTest() {
  const why = deaf.value;
  return (
    <p class="sound-test">
      <button type="button" class="plain" data-testid="sound-test" onClick={test}>
        {t("sound_test")}
      </button>{" "}
      <span class="quiet" role="status" data-testid="sound-state">
        {t(why === null ? "sound_works" : `sound_${why}`)}
      </span>
    </p>
  );
}
