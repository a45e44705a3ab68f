/** What stands on the page: the sign-in page, or the screen once the plant is known. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { whoAmI } from "./api";
import { t } from "./i18n";
import { loadPlant, stayLive } from "./live";
import { index, notLive, person, roomy } from "./store";
import { AlarmTable } from "./views/alarms";
import { Banner } from "./views/banner";
import { Detail } from "./views/detail";
import { Header } from "./views/header";
import { HealthBar } from "./views/health";
import { NotLive } from "./views/not-live";
import { Overview } from "./views/overview";
import { SignIn } from "./views/sign-in";
import { Trend } from "./views/trend";

const retry_ms = 3000;

export function App() {
  if (person.value === undefined) return <Waiting key="person" ask={askWho} />;
  if (person.value === null) return <SignIn />;
  if (index.value === null) return <Waiting key="plant" ask={loadPlant} />;
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

/** A large screen has room for a wide trend below a small plant. */
const large = matchMedia("(min-width: 1500px) and (min-height: 880px)");
const isLarge = signal(large.matches);
large.addEventListener("change", () => (isLarge.value = large.matches));

function Screen() {
  useEffect(stayLive, []);
  const apart = isLarge.value && roomy.value;
  return (
    <div class={notLive.value === null ? "screen" : "screen cut"}>
      <Header />
      <Banner />
      <NotLive />
      <main class="floor">
        <div class="wide">
          <Overview />
          {apart && (
            <div class="panel apart">
              <Trend />
            </div>
          )}
          <AlarmTable />
        </div>
        <Detail trend={!apart} />
      </main>
      <HealthBar />
    </div>
  );
}
