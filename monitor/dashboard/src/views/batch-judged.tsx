/** What was judged in a batch's time: alarms, what was hidden, protective actions, and what is missing. */

import type { AlarmPart, ChannelPart, Dossier } from "../dossier";
import { byWeight, gapsOf, lasted, withUnit } from "../dossier";
import { bound, duration, permittedOf } from "../format";
import { isKey, said, t } from "../i18n";
import { addressOfDeviation } from "../page";
import { when } from "./admin";
import { Folded, Part, Table } from "./batch-part";
import { Mark } from "./mark";

const heads = [
  ...(["alarm", "dossier_raised", "dossier_duration", "dossier_worst", "dossier_acknowledged"] as const),
  ...(["comment_short", "matter_deviation"] as const),
] as const;

export function Alarms({ told }: { told: Dossier }) {
  const { exceptions, rest } = byWeight(told.alarms);
  const row = (one: AlarmPart) => <Row key={`${one.id} ${one.raised_at}`} one={one} told={told} />;
  return (
    <Part name="alarms" testid="dossier-alarms">
      <Table of={heads} rows={exceptions.map(row)} />
      <Folded name="dossier_alarms_rest" n={rest.length} testid="dossier-alarms-rest">
        <Table of={heads} rows={rest.map(row)} />
      </Folded>
    </Part>
  );
}

function Row({ one, told }: { one: AlarmPart; told: Dossier }) {
  const channel = told.channels.find(({ id }) => id === one.channel);
  return (
    <tr>
      <th scope="row">
        <Mark level={one.level} /> {channel ? said(channel.label) : one.id}
        {channel && <small class="quiet">{one.id}</small>}
        {one.first_out && <small class="quiet">{t("dossier_first_out")}</small>}
        {one.explained && <small class="quiet">{t("dossier_explained")}</small>}
      </th>
      <td>{when(one.raised_at)}</td>
      <td>
        {duration(one.duration_s)}
        {one.ended_at === null && <small>{t("dossier_goes_on")}</small>}
      </td>
      <td class="number">
        {channel ? worstOf(channel, one.worst) : said(one.text)}
        {one.limit !== null && <small class="quiet">{limitOf(channel, one)}</small>}
      </td>
      <td>{acknowledged(one)}</td>
      <td class="dossier-words">{one.comment}</td>
      <td>{one.deviation !== "" && <a href={addressOfDeviation(one.deviation)}>{one.deviation}</a>}</td>
    </tr>
  );
}

/** Of a state its word, as everywhere on the screen. */
function worstOf(channel: ChannelPart, worst: number | null): string {
  const state = worst === null ? undefined : channel.states?.[String(worst)];
  return state ? said(state) : withUnit(channel, worst);
}

/** What it was outside of: of a state what is permitted, for the figures between states say nothing. */
function limitOf(channel: ChannelPart | undefined, { id, limit, raised_at }: AlarmPart): string {
  const own = channel?.kind === "state" ? channel.limits.filter((one) => one.id === id) : [];
  const standing = own.find(({ since, until }) => since <= raised_at && raised_at < until) ?? own[0];
  return channel && standing ? permittedOf(standing, channel, said) : bound(limit ?? NaN);
}

function acknowledged(one: AlarmPart): string {
  if (one.acknowledged_at === null) return t("dossier_unacknowledged");
  return t("dossier_after", { who: one.acknowledged_by, lasted: duration(one.ack_latency_s) });
}

export function Hidden({ told }: { told: Dossier }) {
  return (
    <Part name="dossier_hidden" testid="dossier-hidden">
      <Table
        of={["alarm", "dossier_how", "from", "until_head", "dossier_duration", "dossier_who", "reason"]}
        rows={told.hidden.map((one) => (
          <tr key={`${one.alarm} ${one.since}`}>
            <th scope="row">{one.alarm}</th>
            <td>{t(`how_${one.how}`)}</td>
            <td>{when(one.since)}</td>
            <td>{one.until === null ? "—" : when(one.until)}</td>
            <td>{lasted(one.since, one.until)}</td>
            <td>{[one.who, one.second].filter((name) => name !== "").join(", ")}</td>
            <td class="dossier-words">{said(one.text)}</td>
          </tr>
        ))}
      />
    </Part>
  );
}

export function Actions({ told }: { told: Dossier }) {
  return (
    <Part name="protections" testid="dossier-actions">
      <Table
        of={["dossier_action", "dossier_triggered", "state", "dossier_verified", "dossier_over", "dossier_who"]}
        rows={told.actions.map((one) => (
          <tr key={`${one.protection} ${one.triggered_at}`}>
            <th scope="row">
              {said(one.label)} <small class="quiet">{one.protection}</small>
            </th>
            <td>
              {when(one.triggered_at)}
              <small class="quiet">{one.because.join(", ")}</small>
            </td>
            <td>{word(`protection_${one.state}`, one.state)}</td>
            <td>{one.verified_at === null ? "—" : when(one.verified_at)}</td>
            <td>{one.ended_at === null ? "—" : when(one.ended_at)}</td>
            <td>
              {one.who} <small class="quiet">{said(one.text)}</small>
            </td>
          </tr>
        ))}
      />
    </Part>
  );
}

export function Gaps({ told }: { told: Dossier }) {
  const { check } = told;
  return (
    <Part name="dossier_gaps" testid="dossier-gaps">
      <Table
        of={["channels", "from", "until_head", "dossier_duration", "dossier_cause", "dossier_rows"]}
        rows={gapsOf(told.channels).map((one) => (
          <tr key={`${one.from} ${one.until} ${one.channels[0] ?? ""}`}>
            <th scope="row">{one.channels.join(", ")}</th>
            <td>{when(one.from)}</td>
            <td>{when(one.until)}</td>
            <td>{lasted(one.from, one.until)}</td>
            <td>{word(`dossier_cause_${one.cause}`, one.cause)}</td>
            <td class="number">{one.rows}</td>
          </tr>
        ))}
      />
      <p data-testid="dossier-check">
        {t("dossier_check", { n: Object.keys(check.raw).length })}{" "}
        {check.agree ? t("dossier_agree") : <b class="account-locked">{t("dossier_differ", { of: check.differs.join(", ") })}</b>}
      </p>
    </Part>
  );
}

/** The word of a closed set, or what it is called where a later server has more. */
export const word = (key: string, otherwise: string): string => (isKey(key) ? t(key) : otherwise);
