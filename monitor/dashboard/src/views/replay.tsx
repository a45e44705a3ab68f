/** What the last seven days would have alarmed under a proposal: how far it has come, and what only old or new would. */

import { replayOf, startReplay, stopReplay, type Trial } from "../admin";
import { byMissed } from "../changes";
import { t } from "../i18n";
import { when } from "./admin";
import { useWatched } from "./asked";
import { Deed } from "./deed";

export function Replay({ number }: { number: number }) {
  const { told, failure, again, runs } = useWatched(() => replayOf(number), [number]);
  const start = async (): Promise<void> => {
    await startReplay(number);
    await again();
  };
  const stop = async (): Promise<void> => {
    await stopReplay(number);
    await again();
  };
  return (
    <div class="replay" data-testid="replay" data-state={told?.state ?? ""}>
      <p class="failure" role="alert">
        {failure}
      </p>
      {!runs && <Deed label={t("replay_start")} testid="replay-start" act={start} />}
      {told && runs && (
        <>
          <label>
            {t("replay_runs")} <progress max={1} value={told.done} />
          </label>
          <Deed label={t("replay_stop")} testid="replay-stop" act={stop} />
        </>
      )}
      {told && told.state !== "done" && !runs && (
        <p role="status">
          {t(`trial_${told.state}`)} {told.error}
        </p>
      )}
      {told?.result && <Result of={told.result} />}
    </div>
  );
}

function Result({ of }: { of: NonNullable<Trial["result"]> }) {
  return (
    <>
      <p>{t("replay_over", { begin: when(of.begin), end: when(of.end), n: of.samples })}</p>
      {of.alarms.length === 0 && <p data-testid="replay-nothing">{t("replay_nothing")}</p>}
      {of.alarms.length > 0 && (
        <table class="changes-table" data-testid="replay-result">
          <thead>
            <tr>
              {(["alarm", "replay_only_old", "replay_only_new", "replay_both"] as const).map((column) => (
                <th key={column} scope="col">
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {byMissed(of.alarms).map((one) => (
              <tr key={one.alarm}>
                <th scope="row">{one.alarm}</th>
                <td class={one.only_old > 0 ? "looser" : ""}>
                  {one.only_old > 0 && "▲ "}
                  {one.only_old}
                </td>
                <td>{one.only_new}</td>
                <td>{one.both}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
