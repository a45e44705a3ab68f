/** A gateway that measures several rooms, as a table of them; and a device of which no drawing is known, as its figures. */

import { unit } from "../format";
import { said, t } from "../i18n";
import { groupBy, type PlantIndex, type Source } from "../plant";
import { LiveValue } from "./live-value";

const most_plain = 12;

/** A row for each room, a column for each unit that is under a limit. */
export function Rooms({ own, index }: { own: readonly Source[]; index: PlantIndex }) {
  const limited = own.filter(({ channel, limits }) => channel.kind === "analog" && limits.length > 0);
  const units = [...new Set(limited.map(({ channel }) => channel.unit))];
  return (
    <table class="rooms">
      <thead>
        <tr>
          <th>{t("room")}</th>
          {units.map((one) => (
            <th key={one}>{unit(one)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {[...groupBy(limited, ({ channel }) => channel.zone)].map(([zone, here]) => (
          <tr key={zone}>
            <th scope="row">{said(index.zones.get(zone)?.zone.label ?? { en: zone, zh: zone })}</th>
            {units.map((one) => (
              <td key={one}>
                {here
                  .filter(({ channel }) => channel.unit === one)
                  .map((source) => (
                    <LiveValue key={source.channel.id} source={source} />
                  ))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What is under a limit first, then what has names; the rest stands in the list of channels. */
export function Plain({ own }: { own: readonly Source[] }) {
  const limited = own.filter(({ limits }) => limits.length > 0);
  const states = own.filter(({ channel, limits }) => limits.length === 0 && channel.kind === "state");
  const others = own.filter(({ channel, limits }) => limits.length === 0 && channel.kind === "analog");
  return (
    <ul class="facts">
      {[...limited, ...states, ...others].slice(0, most_plain).map((source) => (
        <li key={source.channel.id}>
          <LiveValue source={source} name />
        </li>
      ))}
    </ul>
  );
}
