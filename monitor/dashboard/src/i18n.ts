/** Every text of the screen in both languages. The plant's own names come from its YAML, in both languages too. */

import { computed, signal } from "@preact/signals";
import type { Text } from "./api-types";
import * as batches from "./words/batches";
import * as book from "./words/book";
import * as changes from "./words/changes";
import * as details from "./words/details";
import * as deviations from "./words/deviations";
import * as dossier from "./words/dossier";
import * as duty from "./words/duty";
import * as facts from "./words/facts";
import * as instruments from "./words/instruments";
import * as alarms from "./words/alarms";
import * as line from "./words/line";
import * as members from "./words/members";
import * as menu from "./words/menu";
import * as plates from "./words/plates";
import * as prevention from "./words/prevention";
import * as people from "./words/people";
import * as screen from "./words/screen";
import * as sign from "./words/sign";
import * as sound from "./words/sound";
import * as trends from "./words/trends";

export type Language = "en" | "zh";

/** Each page has a file of its own in words/. */
const en = {
  ...screen.en,
  ...batches.en,
  ...book.en,
  ...changes.en,
  ...details.en,
  ...deviations.en,
  ...dossier.en,
  ...duty.en,
  ...facts.en,
  ...instruments.en,
  ...alarms.en,
  ...line.en,
  ...members.en,
  ...menu.en,
  ...plates.en,
  ...prevention.en,
  ...people.en,
  ...sign.en,
  ...sound.en,
  ...trends.en,
};
const zh = {
  ...screen.zh,
  ...batches.zh,
  ...book.zh,
  ...changes.zh,
  ...details.zh,
  ...deviations.zh,
  ...dossier.zh,
  ...duty.zh,
  ...facts.zh,
  ...instruments.zh,
  ...alarms.zh,
  ...line.zh,
  ...members.zh,
  ...menu.zh,
  ...plates.zh,
  ...prevention.zh,
  ...people.zh,
  ...sign.zh,
  ...sound.zh,
  ...trends.zh,
};

export type Key = keyof typeof en;

export const texts: Record<Language, Record<Key, string>> = { en, zh };

const kept = "gradewatch.language";

function preferred(): Language {
  const chosen = localStorage.getItem(kept) ?? navigator.language;
  return chosen.startsWith("zh") ? "zh" : "en";
}

export const language = signal<Language>(typeof localStorage === "undefined" ? "en" : preferred());

const spoken = computed(() => texts[language.value]);

export function setLanguage(chosen: Language): void {
  localStorage.setItem(kept, chosen);
  language.value = chosen;
}

/** The text for a key; `{name}` in it stands for what `given` holds under that name. */
export function t(key: Key, given: Record<string, string | number> = {}): string {
  return spoken.value[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(given[name] ?? whole));
}

/** A name that the plant gives in both languages. */
export const said = (label: Text): string => label[language.value];

export const isKey = (word: string): word is Key => word in en;
