/** What unfolds below an alarm: what it means, what to do and how soon, and how to shelve it for a while. */

import { useEffect, useState } from "preact/hooks";
import { Refusal, guidance, shelve, takeOut } from "../api";
import type { Alarm, Guidance } from "../api-types";
import { duration } from "../format";
import { said, t } from "../i18n";
import { addressOfCall } from "../page";
import { index, may, takeAlarm } from "../store";
import { trendsAround } from "../trends";
import { Deed, PersonFields, WhyAndHowLong, personIn, text, untilIn } from "./deed";

export function Unfolded({ alarm }: { alarm: Alarm }) {
  return (
    <div class="unfolded" data-testid={`unfolded-${alarm.id}`}>
      <GuidanceOf id={alarm.id} />
      {alarm.channel !== null && index.value?.channels.has(alarm.channel) && may("read_past") && (
        <a href={trendsAround(alarm.channel, Date.parse(alarm.raised_at))}>{t("its_trend")}</a>
      )}
      <a href={addressOfCall(alarm)}>{t("call_page")}</a>
      {may("shelve") && <Shelve alarm={alarm} />}
      {may("out_of_service") && <TakeOut alarm={alarm} />}
    </div>
  );
}

export function GuidanceOf({ id }: { id: string }) {
  const [told, setTold] = useState<Guidance | string>(t("asking"));
  useEffect(() => {
    guidance(id).then(setTold, (error: unknown) => {
      if (!(error instanceof Refusal)) throw error;
      setTold(error.status === 0 ? t("not_reached") : error.message);
    });
  }, [id]);
  if (typeof told === "string") return <p class="quiet">{told}</p>;
  return (
    <dl class="guidance" data-testid={`guidance-${id}`}>
      <dt>{t("consequence")}</dt>
      <dd>{said(told.consequence)}</dd>
      <dt>{t("response")}</dt>
      <dd>
        <b>{said(told.response)}</b>
      </dd>
      {told.respond_within_s > 0 && (
        <>
          <dt>{t("respond_within")}</dt>
          <dd>{duration(told.respond_within_s)}</dd>
        </>
      )}
      {told.sop !== "" && (
        <>
          <dt>{t("sop")}</dt>
          <dd>{told.sop}</dd>
        </>
      )}
    </dl>
  );
}

function Shelve({ alarm }: { alarm: Alarm }) {
  const byTwo = alarm.priority === "critical";
  const act = async (form: FormData): Promise<void> => {
    takeAlarm(await shelve(alarm, untilIn(form), text(form, "reason"), byTwo ? personIn(form, "second") : null));
  };
  return (
    <Deed label={t("shelve")} testid={`shelve-${alarm.id}`} act={act}>
      <WhyAndHowLong />
      {byTwo && <PersonFields field="second" label={t("second_person")} />}
    </Deed>
  );
}

/** For maintenance: it lasts until it is given back, and says which work it is for. */
function TakeOut({ alarm }: { alarm: Alarm }) {
  const byTwo = alarm.priority === "critical";
  const act = async (form: FormData): Promise<void> => {
    const second = byTwo ? personIn(form, "second") : null;
    takeAlarm(await takeOut(alarm, text(form, "reason"), text(form, "work_order"), second));
  };
  return (
    <Deed label={t("out_of_service")} testid={`take-out-${alarm.id}`} act={act}>
      <input name="reason" aria-label={t("reason")} placeholder={t("reason")} maxLength={500} required />
      <input name="work_order" aria-label={t("work_order")} placeholder={t("work_order")} maxLength={100} required />
      {byTwo && <PersonFields field="second" label={t("second_person")} />}
    </Deed>
  );
}
