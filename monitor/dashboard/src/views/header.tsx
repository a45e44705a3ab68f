/** The head of the screen: which plant, what time it is there, who is looking, in which language and light. */

import { signOut } from "../api";
import type { Health } from "../api-types";
import { dateTime, figure, offset } from "../format";
import { isKey, language, said, setLanguage, t } from "../i18n";
import { small } from "../page";
import { health, index, notLive, person, server_s } from "../store";
import { setTheme, theme } from "../theme";
import { Find } from "./find";
import { Mark } from "./mark";
import { Nav } from "./nav";
import { Sound } from "./sound";

/** A larger difference from the clock as it was at the start is a step, not jitter: the collector alarms it too. */
const step_s = 1;

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M16 2.5 27.7 9.25v13.5L16 29.5 4.3 22.75V9.25z" />
      <path d="M9 17h4l2-6 3 10 2-4h3" />
    </svg>
  );
}

export function Header() {
  const plant = index.value?.plant;
  return (
    <header class="head">
      <h1>
        <Logo /> Gradewatch
      </h1>
      <span class="plant">{plant && said(plant.label)}</span>
      <Nav />
      {!small.value && <Find />}
      <ServerTime />
      <ClockState />
      <Sound />
      <LanguageSwitch />
      <ThemeSwitch />
      <Who />
    </header>
  );
}

function ServerTime() {
  const zone = index.value?.plant.time_zone ?? "UTC";
  const at_s = server_s.value;
  if (at_s === undefined) return <time class="clock">—</time>;
  const [date, time] = dateTime(at_s * 1000, zone).split(" ");
  return (
    <time class={notLive.value === null ? "clock" : "clock doubtful"} title={t("server_time")} data-testid="server-time">
      <span class="date">{date}</span> <b>{time}</b> <span class="offset">{offset(at_s * 1000, zone)}</span>
    </time>
  );
}

/** How the clock stands by which everything here is dated. */
function ClockState() {
  const clock = health.value?.clock;
  if (!clock) return null;
  const { words, bad } = clockState(clock);
  return (
    <span class={bad ? "clock-state bad" : "clock-state"} data-testid="clock-state">
      {bad && <Mark level="diagnostic" />} {words}
    </span>
  );
}

function clockState({ ahead_s, synchronised }: Health["clock"]): { words: string; bad: boolean } {
  if (Math.abs(ahead_s) > step_s) return { words: t("clock_set", { by: `${figure(ahead_s, 0)} s` }), bad: true };
  if (synchronised === null) return { words: t("clock_unknown"), bad: false };
  return synchronised ? { words: t("clock_kept"), bad: false } : { words: t("clock_unkept"), bad: true };
}

export function LanguageSwitch() {
  const other = language.value === "zh" ? "en" : "zh";
  return (
    <button class="plain" data-testid="language" aria-label={`中 / EN · ${t("language")}`} onClick={() => setLanguage(other)}>
      <span lang="zh-CN" class={language.value === "zh" ? "on" : "off"}>
        中
      </span>
      <span class="off"> / </span>
      <span class={language.value === "en" ? "on" : "off"}>EN</span>
    </button>
  );
}

export function ThemeSwitch() {
  const other = theme.value === "dark" ? "light" : "dark";
  const label = t(`theme_${other}`);
  return (
    <button class="plain icon" data-testid="theme" aria-label={label} title={label} onClick={() => setTheme(other)}>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7.5" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d="M10 2.5a7.5 7.5 0 0 1 0 15z" fill="currentColor" />
      </svg>
    </button>
  );
}

function Who() {
  const who = person.value;
  if (!who) return null;
  const role = `role_${who.role}`;
  const leave = async (): Promise<void> => {
    await signOut().finally(() => (person.value = null));
  };
  return (
    <span class="who">
      <span class="person" data-testid="person">
        <a href="#/account">{who.name}</a> <span class="quiet">{isKey(role) ? t(role) : who.role}</span>
      </span>
      <button class="plain" data-testid="sign-out" onClick={() => void leave()}>
        {t("sign_out")}
      </button>
    </span>
  );
}
