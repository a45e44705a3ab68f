/** The channels of a batch: why a verdict is not "within limits", and the figures of all. */

import type { ChannelPart, Dossier } from "../dossier";
import { byVerdict, finerOf, percentage, special, valueOf } from "../dossier";
import { duration, permittedOf, unit } from "../format";
import { said, t } from "../i18n";
import { index, may } from "../store";
import { addressOf } from "../trends";
import { Folded, Part, Table } from "./batch-part";
import { VerdictWord } from "./verdict";

const heads = [
  ...(["channel", "verdict", "dossier_values", "dossier_min", "dossier_mean", "dossier_max", "dossier_sd"] as const),
  ...(["dossier_p5_p50", "dossier_p95_p99", "dossier_special", "dossier_outside"] as const),
] as const;

export function Channels({ told }: { told: Dossier }) {
  const { exceptions, rest } = byVerdict(told.channels);
  const row = (one: ChannelPart) => <Row key={one.id} one={one} told={told} />;
  return (
    <Part name="dossier_channels" testid="dossier-channels">
      <Table of={heads} rows={exceptions.map(row)} />
      <Folded name="dossier_channels_rest" n={rest.length} testid="dossier-channels-rest">
        <Table of={heads} rows={rest.map(row)} />
      </Folded>
    </Part>
  );
}

function Row({ one, told }: { one: ChannelPart; told: Dossier }) {
  const states = index.value?.channels.get(one.id)?.channel.states ?? {};
  return (
    <tr data-testid={`channel-${one.id}`}>
      <th scope="row">
        <Name one={one} told={told} />
        {one.limits.map((limit) => (
          <small key={`${limit.id} ${limit.since}`} class="quiet">
            {t(limit.level)} {permittedOf(limit, { kind: one.kind, states }, said)} {unit(one.unit)}
          </small>
        ))}
      </th>
      <td>
        <VerdictWord verdict={one.verdict} />
        {one.reasons.map((reason) => (
          <small key={reason.en}>{said(reason)}</small>
        ))}
      </td>
      <Figures one={one} />
    </tr>
  );
}

function Name({ one, told }: { one: ChannelPart; told: Dossier }) {
  const span = { start_ms: Date.parse(told.batch.started_at), end_ms: Date.parse(told.told_at) };
  const place = `${one.zone} · ${one.id}`;
  return (
    <>
      {may("read_past") && one.inputs.length === 0 ? (
        <a href={addressOf({ channels: [one.id], time: span, log: false })} title={t("dossier_trend")}>
          {said(one.label)}
        </a>
      ) : (
        said(one.label)
      )}
      <small class="quiet">{place}</small>
      {one.how && <small class="quiet">{t("dossier_made", { how: said(one.how), of: one.inputs.join(", ") })}</small>}
    </>
  );
}

function Figures({ one }: { one: ChannelPart }) {
  const { statistics: found } = one;
  if (!found) return <td colSpan={heads.length - 2}>{t("dossier_reckoned", { of: one.inputs.join(", ") })}</td>;
  const finer = finerOf(one);
  const isWhole = found.completeness === null || found.completeness === 1;
  return (
    <>
      <td class="number">
        {found.valid} / {found.expected}
        <small class={isWhole ? "quiet" : "not-whole"}>{found.completeness === null ? "" : `${percentage(100 * found.completeness, 2)} %`}</small>
      </td>
      <td class="number">{valueOf(one, found.min)}</td>
      <td class="number">{valueOf(one, found.mean, finer)}</td>
      <td class="number">{valueOf(one, found.max)}</td>
      <td class="number">{valueOf(one, found.sd, finer)}</td>
      <td class="number">
        {valueOf(one, found.p5)} / {valueOf(one, found.p50)}
      </td>
      <td class="number">
        {valueOf(one, found.p95)} / {valueOf(one, found.p99)}
      </td>
      <td class="number">{special(one)}</td>
      <td class="number">
        {duration(found.outside_s.alert)} / {duration(found.outside_s.action)}
      </td>
    </>
  );
}
