/** The package of a batch for an inspector: made beside everything else, with how far it is, stopped, taken away. */

import { t } from "../i18n";
import { makePackage, packageFile, packageOf, stopPackage, type Package } from "../quality";
import { useWatched } from "./asked";
import { Deed } from "./deed";

const bytes_in_mb = 1e6;

export function PackageButton({ batch }: { batch: string }) {
  const { told, failure, again, runs } = useWatched(() => packageOf(batch), [batch]);
  const then = (done: (batch: string) => Promise<unknown>) => async () => {
    await done(batch);
    await again();
  };
  return (
    <span class="package" data-testid="package">
      {told && runs && <progress value={told.done} aria-label={t("package")} />}
      <span role="status">{told && word(told)}</span> <span class="failure">{failure}</span>
      {told?.state === "done" && (
        <a href={packageFile(batch)} download data-testid="package-file">
          {t("package_get", { size: (told.bytes / bytes_in_mb).toFixed(1) })}
        </a>
      )}
      {runs ? (
        <Deed label={t("package_stop")} testid="package-stop" act={then(stopPackage)} />
      ) : (
        <Deed label={t("package_make")} testid="package-make" act={then(makePackage)} />
      )}
    </span>
  );
}

function word({ state, done, error }: Package): string {
  switch (state) {
    case "running":
      return t("package_runs", { percent: Math.floor(done * 100) });
    case "failed":
      return `${t("package_failed")} ${error}`;
    case "cancelled":
      return t("package_stopped");
    case "done":
      return "";
  }
}
