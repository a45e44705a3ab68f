/** The words of closed sets, by set and member: `members.json` has them for the screen and for the report of a batch. */

import members from "./members.json";

type Sets = typeof members;
type Key = { [Of in keyof Sets]: `${Of}_${keyof Sets[Of] & string}` }[keyof Sets];

const of = (language: "en" | "zh"): Record<Key, string> =>
  Object.fromEntries(
    Object.entries(members).flatMap(([set, words]) => Object.entries(words).map(([member, word]) => [`${set}_${member}`, word[language]])),
  ) as Record<Key, string>;

export const en = of("en");
export const zh = of("zh");
