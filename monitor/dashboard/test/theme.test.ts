import { expect, test } from "vitest";
import css from "../src/styles/theme.css?raw";

function coloursOf(theme: string): Map<string, string> {
  const block = new RegExp(`data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? "";
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name = "", hex = ""]) => [name, hex]));
}

/** Relative luminance (WCAG 2.2). */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((i) => {
    const part = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const grounds = ["ground", "panel", "tile", "tile-a", "hatch", "hatch-a"];
const pairs: [string, string][] = [
  ...grounds.flatMap((ground): [string, string][] => ["ink", "text", "quiet"].map((ink) => [ink, ground])),
  ...["action", "alert", "diagnostic"].flatMap((level): [string, string][] => [
    [`on-${level}`, level],
    [`${level}-ink`, "panel"],
    [`${level}-ink`, "tile"],
    [`${level}-ink`, "tile-a"],
  ]),
  ...["action", "alert"].flatMap((level) => ["ink", "text", "quiet"].map((ink): [string, string] => [ink, `${level}-ground`])),
  ["on-cut", "cut"],
];

test.each(["dark", "light"])("text can be read on every ground of the %s theme (4.5:1)", (theme) => {
  const colours = coloursOf(theme);
  const weak = pairs
    .map(([ink, ground]) => ({ ink, ground, ratio: contrast(colours.get(ink) ?? "#", colours.get(ground) ?? "#") }))
    .filter(({ ratio }) => !(ratio >= 4.5));
  expect(weak).toEqual([]);
});

test.each(["dark", "light"])("hatching is seen on every ground that it stands on in the %s theme", (theme) => {
  const colours = coloursOf(theme);
  const seen = (hatch: string, ground: string): number => contrast(colours.get(hatch) ?? "#", colours.get(ground) ?? "#");
  expect(Math.min(seen("hatch", "panel"), seen("hatch", "tile"), seen("hatch-a", "tile-a"))).toBeGreaterThan(1.15);
});

test.each(["dark", "light"])("every line of a chart is seen on its ground, shaded or not, in the %s theme (3:1)", (theme) => {
  const colours = coloursOf(theme);
  const lines = [...colours].filter(([name]) => name.startsWith("line-"));
  expect(lines).toHaveLength(4);
  for (const [name, hex] of lines) {
    for (const ground of ["panel", "tile-a"]) expect(contrast(hex, colours.get(ground) ?? "#"), `${name} on ${ground}`).toBeGreaterThanOrEqual(3);
  }
});

test("both themes have the same colours", () => {
  expect([...coloursOf("dark").keys()]).toEqual([...coloursOf("light").keys()]);
  expect(coloursOf("dark").size).toBeGreaterThan(20);
});
