/** The pages that stand beside one another. */

import { t, type Key } from "../i18n";
import { page, type Page } from "../page";
import { may } from "../store";

const pages: readonly { kind: Page["kind"]; name: Key; address: string }[] = [
  { kind: "plant", name: "nav_plant", address: "#/" },
  { kind: "alarms", name: "nav_alarms", address: "#/alarms" },
  { kind: "trends", name: "nav_trends", address: "#/trends" },
  { kind: "protections", name: "nav_protections", address: "#/protections" },
];

export function Nav() {
  return (
    <nav class="pages" aria-label={t("nav")}>
      {pages.filter(({ kind }) => kind !== "trends" || may("read_past")).map(({ kind, name, address }) => (
        <a key={kind} href={address} aria-current={page.value.kind === kind ? "page" : undefined} data-testid={`nav-${kind}`}>
          {t(name)}
        </a>
      ))}
    </nav>
  );
}
