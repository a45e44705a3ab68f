/** The whole plant at one glance: workshop, line, zone. Grey while all is well. */

import { columnsOf, type WorkshopAreas } from "../areas";
import { said, t } from "../i18n";
import { holdsThree, holdsTwo } from "../media";
import { small, workshops } from "../page";
import { AreaCard, AreaLink } from "./area";

export function Overview() {
  const columns = holdsThree.value ? 3 : holdsTwo.value ? 2 : 1;
  return (
    <section class={small.value ? "overview roomy" : "overview compact"} aria-label={t("overview")} data-testid="overview">
      {columnsOf(workshops.value, small.value ? 1 : columns).map((column, i) => (
        <div class="column" key={i}>
          {column.map((one) => (
            <WorkshopCard key={one.workshop.id} workshop={one} />
          ))}
        </div>
      ))}
    </section>
  );
}

function WorkshopCard({ workshop: { workshop, areas } }: { workshop: WorkshopAreas }) {
  const [only] = areas.length === 1 ? areas : [];
  const lineless = only && !only.line ? only : undefined;
  return (
    <article class="panel workshop" style={{ flexGrow: areas.length }}>
      <h2>{lineless ? <AreaLink area={lineless} name={said(workshop.label)} /> : said(workshop.label)}</h2>
      {areas.map((area) => (
        <AreaCard key={area.key} area={area} headed={area !== lineless} roomy={small.value} />
      ))}
    </article>
  );
}
