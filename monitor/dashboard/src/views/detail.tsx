/** What is in focus, closely: the trend of one channel and every channel of the zone or device. */

import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { foremost } from "../alarms";
import { freshness, permittedOf, unitOf, value } from "../format";
import { said, t } from "../i18n";
import { chamberOf, groupBy, isReckoned, type PlantIndex, type Source } from "../plant";
import { looks } from "../look";
import { addressOfDevice, page } from "../page";
import type { Reading } from "../rows";
import { alarmsByChannel, chosenChannel, focus, index, readingOf, type Focus } from "../store";
import { Mark } from "./mark";
import { Trend } from "./trend";

/** `trend`: whether the trend stands here, or has a place of its own. */
export function Detail({ trend }: { trend: boolean }) {
  const plant = index.value;
  const at = focus.value;
  if (!plant || !at) return <aside class="panel detail quiet">{t("select_zone")}</aside>;
  const sources = sourcesIn(plant, at);
  return (
    <aside class="panel detail" aria-label={t("channels")}>
      <h2>
        {headOf(plant, at)} <span class="quiet">{t("n_channels", { n: sources.length })}</span>
        {"device" in at && page.value.kind !== "device" && (
          <a class="to-device" href={addressOfDevice(at.device)} data-testid="to-device">
            {t("to_device")} ›
          </a>
        )}
      </h2>
      {trend && <Trend />}
      <div class="scroll">
        <table class="channels">
          <thead>
            <tr>
              <th>{t("channel")}</th>
              <th class="number">{t("value")}</th>
              <th class="number">{t("age")}</th>
              <th class="number limit">{t("limit_alert")}</th>
              <th class="number limit">{t("limit_action")}</th>
            </tr>
          </thead>
          {[...groupBy(sources, groupOf)].sort(byDevice).map(([name, own]) => (
            <Group key={name} name={name} sources={own} />
          ))}
        </table>
      </div>
    </aside>
  );
}

/** Those on the wire, and behind those of each device what is reckoned from them. */
function sourcesIn(plant: PlantIndex, at: Focus): readonly Source[] {
  const isHere = ({ channel, device }: Source): boolean => ("zone" in at ? channel.zone === at.zone : device.id === at.device);
  return [...plant.channels.values(), ...plant.derived.values()].filter(isHere);
}

/** A device's groups stand together, in the order of the plant; a sort keeps the order of what is alike. */
function byDevice([, [a]]: [string, Source[]], [, [b]]: [string, Source[]]): number {
  const order = [...(index.peek()?.devices.keys() ?? [])];
  return order.indexOf(a?.device.id ?? "") - order.indexOf(b?.device.id ?? "");
}

function headOf(plant: PlantIndex, at: Focus): string {
  if ("zone" in at) {
    const view = plant.zones.get(at.zone);
    return view ? `${view.zone.line ?? view.zone.workshop} · ${said(view.zone.label)} · ${t("grade", { grade: view.zone.grade })}` : at.zone;
  }
  const device = plant.devices.get(at.device);
  return device ? `${device.id} · ${said(device.label)}` : at.device;
}

/** Channels stand together by device, by chamber, and by row. */
function groupOf(source: Source): string {
  const { channel, device, series } = source;
  const chamber = chamberOf(channel);
  if (isReckoned(source)) return [device.id, said(device.label), t("reckoned")].join(" · ");
  const part = chamber === undefined ? (series.records ? t("records") : "") : t("chamber", { n: chamber });
  return [device.id, said(device.label), part].filter((word) => word !== "").join(" · ");
}

function Group({ name, sources }: { name: string; sources: readonly Source[] }) {
  return (
    <tbody>
      <tr class="group">
        <th colSpan={5} scope="rowgroup">
          {name}
        </th>
      </tr>
      {sources.map((source) => (
        <ChannelRow key={source.channel.id} source={source} />
      ))}
    </tbody>
  );
}

function ChannelRow({ source }: { source: Source }) {
  const { channel } = source;
  const now = readingOf(source);
  const shown = useComputed(() => value(channel, now.value.value, said));
  const unitNow = useComputed(() => unitOf(channel, now.value.value));
  const age = useComputed(() => freshness(now.value.age_s));
  const why = useComputed(() => whyNot(now.value));
  const look = useComputed(() => looks(now.value));
  const worst = foremost(alarmsByChannel.value.get(channel.id) ?? []);
  const chosen = chosenChannel.value === channel.id;
  return (
    <tr class={`${worst?.active ? worst.level : ""}${chosen ? " chosen" : ""}`} onClick={() => choose(source)}>
      <td class="name">
        <Name source={source} chosen={chosen}>
          {worst && <Mark level={worst.level} flashing={!worst.acknowledged} />}
          {said(channel.label)}
        </Name>
        <span class="why">{why}</span>
        <span class="limits">{limitsOf(source)}</span>
      </td>
      <td class={look}>
        <span class="figure" data-testid={`value-${channel.id}`}>
          {shown}
        </span>{" "}
        <small>{unitNow}</small>
      </td>
      <td class="number age" data-testid={`age-${channel.id}`}>
        {age}
      </td>
      <td class="number limit">{limitOf(source, "alert")}</td>
      <td class="number limit">{limitOf(source, "action")}</td>
    </tr>
  );
}

/** What is reckoned is judged, but not stored: it has no trend to show. */
function choose(source: Source): void {
  if (!isReckoned(source)) chosenChannel.value = source.channel.id;
}

function Name({ source, chosen, children }: { source: Source; chosen: boolean; children: ComponentChildren }) {
  if (isReckoned(source)) return <span class="reckoned">{children}</span>;
  return (
    <button class="link" aria-pressed={chosen}>
      {children}
    </button>
  );
}

function limitOf({ channel, limits }: Source, level: "alert" | "action"): string {
  const own = limits.filter((limit) => limit.level === level);
  return own.map((limit) => permittedOf(limit, channel, said)).join(", ");
}

/** Both limits in one line, for a screen too narrow for their columns. */
const limitsOf = (source: Source): string =>
  (["alert", "action"] as const)
    .map((level) => [t(`limit_${level}`), limitOf(source, level)])
    .filter(([, figures]) => figures !== "")
    .map((words) => words.join(" "))
    .join(" · ");

/** Why a value is not to be relied on; "" when it is. */
function whyNot(now: Reading): string {
  switch (now.standing) {
    case "fresh":
      return "";
    case "never":
      return now.quality === "unavailable" && now.reason === "" ? t("never") : because(now);
    case "old":
      return t("too_old");
    case "doubtful":
    case "blind":
    case "simulated":
      return because(now);
  }
}

const because = (now: Reading): string => [t(`quality_${now.quality}`), now.reason].filter((word) => word !== "").join(" · ");
