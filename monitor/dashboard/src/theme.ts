/** Dark for dim control rooms, light for lit ones; remembered by the browser. */

import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";

const kept = "gradewatch.theme";

function preferred(): Theme {
  const chosen = localStorage.getItem(kept);
  if (chosen === "dark" || chosen === "light") return chosen;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export const theme = signal<Theme>(preferred());

export function setTheme(chosen: Theme): void {
  localStorage.setItem(kept, chosen);
  theme.value = chosen;
}

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

/** A colour of the theme in use, for what is drawn on a canvas. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
