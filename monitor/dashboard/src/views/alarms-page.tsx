/** All about alarms: those that stand and those that are hidden, those that were, and how much they ask of people. */

import { t, type Key } from "../i18n";
import { alarmTabs, type AlarmTab } from "../page";
import { index, may } from "../store";
import { AlarmTable } from "./alarms";
import { History } from "./history";
import { Load } from "./load";
import { Occupy } from "./occupy";

const names: Record<AlarmTab, Key> = { standing: "standing", history: "history", load: "alarm_load" };

export function AlarmsPage({ tab }: { tab: AlarmTab }) {
  const plant = index.value;
  if (!plant) return null;
  return (
    <main class="floor alone" data-testid="alarms-page">
      <nav class="tabs" aria-label={t("alarms")}>
        {alarmTabs.filter((one) => one === "standing" || may("read_past")).map((one) => (
          <a key={one} href={`#/alarms/${one}`} aria-current={one === tab ? "page" : undefined} data-testid={`tab-${one}`}>
            {t(names[one])}
          </a>
        ))}
      </nav>
      {tab === "standing" && <AlarmTable />}
      {tab === "standing" && may("occupy") && <Occupy plant={plant} />}
      {tab === "history" && <History plant={plant} />}
      {tab === "load" && <Load plant={plant} />}
    </main>
  );
}
