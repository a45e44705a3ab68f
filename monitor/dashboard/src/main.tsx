import { effect } from "@preact/signals";
import { render } from "preact";
import "./styles/fonts.css";
import "./styles/theme.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/pages.css";
import "./styles/banner.css";
import "./styles/overview.css";
import "./styles/tile.css";
import "./styles/occupancy.css";
import "./styles/cascade.css";
import "./styles/looks.css";
import "./styles/scheme.css";
import "./styles/line.css";
import "./styles/alarms.css";
import "./styles/protections.css";
import "./styles/detail.css";
import "./styles/tables.css";
import "./styles/instruments.css";
import "./styles/plates.css";
import "./styles/sound.css";
import "./styles/admin.css";
import "./styles/book.css";
import "./styles/past.css";
import "./styles/dossier.css";
import "./styles/batches.css";
import "./styles/prevention.css";
import "./styles/duty.css";
import "./styles/call.css";
import { App } from "./app";
import { language } from "./i18n";
import { alarmList, now_ms } from "./store";

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});

effect(() => {
  const flashing = now_ms.value > 0 && alarmList.value.some((alarm) => !alarm.acknowledged);
  document.documentElement.classList.toggle("dim", flashing && !document.documentElement.classList.contains("dim"));
});

const root = document.getElementById("app");
if (root) render(<App />, root);
