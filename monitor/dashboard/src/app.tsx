/** What stands on the page: the sign-in page, or the screen once the plant is known. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { whoAmI } from "./api";
import { sound } from "./horn";
import { t } from "./i18n";
import { loadPlant, stayLive } from "./live";
import { isLarge } from "./media";
import { areaShown, deviceShown, page, small } from "./page";
import { tellOfShown } from "./shown";
import { index, notLive, person } from "./store";
import { AlarmTable } from "./views/alarms";
import { AlarmsPage } from "./views/alarms-page";
import { AccountPage, MustChange } from "./views/account";
import { Away } from "./views/away";
import { Banner } from "./views/banner";
import { AreaPage } from "./views/area";
import { BatchesPage } from "./views/batches";
import { BatchPage } from "./views/batch";
import { BookPage } from "./views/book";
import { CallPage } from "./views/call";
import { ChangesPage } from "./views/changes";
import { Detail } from "./views/detail";
import { DeviationsPage } from "./views/deviations";
import { DevicePage } from "./views/device";
import { DevicesPage } from "./views/devices";
import { DutyPage } from "./views/duty";
import { EquipmentPage } from "./views/equipment";
import { Header } from "./views/header";
import { HealthBar } from "./views/health";
import { InstrumentsPage } from "./views/instruments";
import { Grounds } from "./views/live-value";
import { NotLive } from "./views/not-live";
import { OverlayPage } from "./views/overlay";
import { Overview } from "./views/overview";
import { PeoplePage } from "./views/people";
import { PlatesPage } from "./views/plates";
import { PreventionPage } from "./views/prevention";
import { ProtectionsPage } from "./views/protections";
import { SignIn } from "./views/sign-in";
import { Trend } from "./views/trend";
import { TrendsPage } from "./views/trends-page";

const retry_ms = 3000;

export function App() {
  if (person.value === undefined) return <Waiting key="person" ask={askWho} />;
  if (person.value === null) return <SignIn />;
  if (person.value.must_change) return <MustChange />;
  if (index.value === null) return <Waiting key="plant" ask={loadPlant} />;
  if (page.value.kind === "call") return <CallPage key={page.value.raised_at + page.value.alarm} alarm={page.value.alarm} raised_at={page.value.raised_at} />;
  return <Screen />;
}

async function askWho(): Promise<void> {
  person.value = await whoAmI();
}

/** Asks until there is an answer. When that comes, something else stands here. */
function Waiting({ ask }: { ask: () => Promise<void> }) {
  const [failure, setFailure] = useState("");
  useEffect(() => {
    let retry: number | undefined;
    const attempt = (): void => {
      ask().catch((error: unknown) => {
        setFailure(error instanceof Error ? error.message : String(error));
        retry = setTimeout(attempt, retry_ms);
      });
    };
    attempt();
    return () => clearTimeout(retry);
  }, [ask]);
  return (
    <div class="waiting" role="status">
      <p>{failure === "" ? t("loading") : t("no_server")}</p>
      <p class="quiet">{failure}</p>
    </div>
  );
}

function Screen() {
  useEffect(stayLive, []);
  useEffect(sound, []);
  useEffect(tellOfShown, []);
  return (
    <div class={notLive.value === null ? "screen" : "screen cut"}>
      <Grounds />
      <Header />
      <Banner />
      <NotLive />
      <Away />
      <Floor />
      <HealthBar />
    </div>
  );
}

function Floor() {
  if (page.value.kind === "alarms") return <AlarmsPage tab={page.value.tab} />;
  if (page.value.kind === "trends") return <TrendsPage asked={page.value.asked} />;
  if (page.value.kind === "devices") return <WithSide main={<DevicesPage />} />;
  if (page.value.kind === "protections") return <WithSide main={<ProtectionsPage />} />;
  if (page.value.kind === "samples") return <PlatesPage code={page.value.code} />;
  if (page.value.kind === "instruments") return <WithSide main={<InstrumentsPage />} />;
  if (page.value.kind === "batches") return <BatchesPage />;
  if (page.value.kind === "equipment") return <EquipmentPage />;
  if (page.value.kind === "prevention") return <PreventionPage />;
  if (page.value.kind === "overlay") return <OverlayPage asked={page.value.asked} />;
  if (page.value.kind === "batch") return <BatchPage key={page.value.id} id={page.value.id} />;
  if (page.value.kind === "deviations") return <DeviationsPage number={page.value.number} />;
  if (page.value.kind === "duty") return <DutyPage notice={page.value.notice} />;
  if (page.value.kind === "account") return <AccountPage />;
  if (page.value.kind === "people") return <PeoplePage />;
  if (page.value.kind === "book") return <BookPage />;
  if (page.value.kind === "changes") return <ChangesPage />;
  const area = areaShown.value;
  if (area) return <Drawn main={<AreaPage area={area} />} />;
  const device = deviceShown.value;
  if (device) return <Drawn main={<DevicePage device={device} />} />;
  return small.value ? <Closely main={<Overview />} /> : <WithSide main={<Overview />} />;
}

/** The whole plant takes the whole height; alarms and what is looked at closely stand beside it. */
function WithSide({ main }: { main: ComponentChildren }) {
  return (
    <main class="floor whole">
      <div class="wide">{main}</div>
      <div class="side">
        <AlarmTable />
        <Detail trend />
      </div>
    </main>
  );
}

/** What is drawn takes the height that the alarms leave; its channels and their trend stand beside it. */
function Drawn({ main }: { main: ComponentChildren }) {
  return (
    <main class="floor">
      <div class="wide">
        <div class="drawn">{main}</div>
        <AlarmTable />
      </div>
      <Detail trend />
    </main>
  );
}

/** One area leaves room below it, for the trend on a large screen and for the alarms. */
function Closely({ main }: { main: ComponentChildren }) {
  return (
    <main class="floor">
      <div class="wide">
        {main}
        {isLarge.value && (
          <div class="panel apart">
            <Trend />
          </div>
        )}
        <AlarmTable />
      </div>
      <Detail trend={!isLarge.value} />
    </main>
  );
}
