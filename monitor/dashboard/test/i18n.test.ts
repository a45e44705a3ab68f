import { afterEach, expect, test } from "vitest";
import { isKey, language, said, t, texts } from "../src/i18n";
import { qualities } from "../src/rows";

afterEach(() => {
  language.value = "en";
});

const holes = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

test("both languages have every text, with the same holes", () => {
  expect(Object.keys(texts.zh).sort()).toEqual(Object.keys(texts.en).sort());
  for (const [key, english] of Object.entries(texts.en)) {
    const chinese = isKey(key) ? texts.zh[key] : "";
    expect(chinese, key).not.toBe("");
    expect(holes(chinese), key).toEqual(holes(english));
  }
});

test("Chinese texts are Chinese", () => {
  const same = Object.entries(texts.en).filter(([key, english]) => isKey(key) && texts.zh[key] === english);
  expect(same.map(([key]) => key)).toEqual([]);
});

test("every text is used", () => {
  const sources = import.meta.glob<string>(["../src/**/*.{ts,tsx}", "!../src/words/*.ts"], { query: "?raw", import: "default", eager: true });
  const all = Object.values(sources).join("\n");
  const made = /^(role|state|mode|quality|cut|theme|limit|priority|protective|protection|ask|sound|instrument|reason|load|account|deed|duty|notice|plate|kind|meaning|outcome|proposal|service|subject|test|token|training|trial|verdict|version|fact|standing|how|holds|about|class|deviation|dossier_(?:cause|life|sampling|test|outcome|protection|level))_/;
  const unused = Object.keys(texts.en).filter((key) => !made.test(key) && !new RegExp(`["\`]${key}["\`]`).test(all));
  expect(unused).toEqual([]);
});

test("every quality has a text", () => {
  for (const word of qualities) expect(isKey(`quality_${word}`), word).toBe(true);
});

test("a text follows the language, and so do the plant's own names", () => {
  expect(t("chamber", { n: 3 })).toBe("Chamber 3");
  language.value = "zh";
  expect(t("chamber", { n: 3 })).toBe("3 号腔");
  expect(said({ en: "Isolator", zh: "隔离器" })).toBe("隔离器");
  expect(t("chamber")).toBe("{n} 号腔");
});
