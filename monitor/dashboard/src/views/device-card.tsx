/** A device as it is drawn, with its name, where it stands, and how old what is shown of it is. */

import { foremost } from "../alarms";
import type { Device } from "../api-types";
import { freshness } from "../format";
import { said } from "../i18n";
import { addressOfDevice } from "../page";
import { chambersOf, type PlantIndex } from "../plant";
import { channelsOf, kindOf, schemeOf } from "../scheme";
import { alarmList, standingOf } from "../store";
import { useLive } from "../use-live";
import { Counter } from "./counter";
import { Enclosure } from "./enclosure";
import { Honeycomb } from "./honeycomb";
import { Mark } from "./mark";
import { DoorBoard } from "./opening";
import { Doing } from "./phase";
import { Plain, Rooms } from "./rooms";
import { Tower } from "./tower";

/** `linked`: its name leads to its own page. */
export function DeviceCard({ device, index, linked }: { device: Device; index: PlantIndex; linked: boolean }) {
  const standing = standingOf(device);
  const worst = useLive(() => foremost(alarmList.value.filter((alarm) => alarm.device === device.id && alarm.active)), [device]).value;
  const age = useLive(() => freshness(standing.value.age_s), [standing]);
  const why = useLive(() => (standing.value.live ? "" : standing.value.reason), [standing]);
  const look = useLive(() => (standing.value.live ? "" : " untrusted bad"), [standing]);
  const kind = kindOf(device, index);
  return (
    <article class={`device-card is-${kind} ${worst?.level ?? ""}`} data-testid={`card-${device.id}`}>
      <h4 class={look}>
        {worst && <Mark level={worst.level} />}
        {linked ? <a href={addressOfDevice(device.id)}>{said(device.label)}</a> : said(device.label)}
        <small>{device.id}</small>
        <small class="where">{said(index.zones.get(device.zone)?.zone.label ?? { en: "", zh: "" })}</small>
        <span class="age">{age}</span>
      </h4>
      <p class="why quiet">{why}</p>
      <Drawing device={device} index={index} />
    </article>
  );
}

function Drawing({ device, index }: { device: Device; index: PlantIndex }) {
  const own = channelsOf(device, index);
  const scheme = schemeOf(own);
  switch (kindOf(device, index)) {
    case "comb":
      return (
        <>
          <Honeycomb chambers={chambersOf(own)} />
          <Doing scheme={scheme} />
        </>
      );
    case "counter":
      return <Counter device={device} index={index} />;
    case "tower":
      return <Tower device={device} index={index} />;
    case "doors":
      return <DoorBoard openings={scheme.openings} />;
    case "rooms":
      return <Rooms own={own} index={index} />;
    case "enclosure":
      return (
        <>
          <Enclosure scheme={scheme} name={said(device.label)} />
          <Doing scheme={scheme} />
        </>
      );
    case "plain":
      return <Plain own={own} />;
  }
}
