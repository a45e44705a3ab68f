/** Beginning a batch: what the line lacks, in words with what to do; and who signs where it begins all the same. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { lacksIn, nextId, placeOf, productsOf, readinessOf, startBatch, type Beginning, type Lack, type OneBatch, type PassedOver } from "../batches";
import { Refusal } from "../api";
import { said, t } from "../i18n";
import { index } from "../store";
import { today } from "./admin";
import { useAsked } from "./asked";
import { NotNow } from "./batches";
import { Deed, PersonFields, personIn, text } from "./deed";

/** How often it is looked whether the line is ready. */
const again_ms = 4000;

interface StartProps {
  line: string;
  known: readonly OneBatch[];
  close: () => void;
}

export function StartForm({ line, known, close }: StartProps) {
  const products = index.value ? productsOf(index.value.plant, line) : [];
  const [product, setProduct] = useState(products[0]?.id ?? "");
  const [id, setId] = useState(() => nextId(line, known, today()));
  const { told, failure, again } = useAsked(() => readinessOf(line), [line]);
  useEffect(() => {
    const asking = setInterval(() => void again(), again_ms);
    return () => clearInterval(asking);
  }, [again]);
  return (
    <div class="batch-start" data-testid="batch-start">
      <label class="field">
        {t("batch_id")}
        <input class="batch-id" value={id} maxLength={40} autocomplete="off" data-testid="batch-id" onInput={(event) => setId(event.currentTarget.value)} />
      </label>
      {products.length === 1 && products[0] && <p>{said(products[0].label)}</p>}
      {products.length > 1 && (
        <label class="field">
          {t("batch_product")}
          <select value={product} onChange={(event) => setProduct(event.currentTarget.value)}>
            {products.map((one) => (
              <option key={one.id} value={one.id}>
                {said(one.label)}
              </option>
            ))}
          </select>
        </label>
      )}
      <p class="failure" role="alert">
        {failure}
      </p>
      {told === null && <p role="status">{t("batch_asking")}</p>}
      {told !== null && <Standing lacks={told.lacks} batch={{ id: id.trim(), line, product }} again={again} />}
      <NotNow close={close} />
    </div>
  );
}

interface StandingProps {
  lacks: readonly Lack[];
  batch: Beginning;
  again: () => Promise<void>;
}

function Standing({ lacks, batch, again }: StandingProps) {
  const start = async (over: PassedOver | null): Promise<void> => {
    try {
      await startBatch(batch, over);
    } catch (error) {
      if (lacksIn(error) === undefined) throw error;
      await again();
      throw new Refusal(409, t("batch_changed"));
    }
  };
  if (lacks.length === 0) {
    return (
      <>
        <p class="batch-ready" role="status" data-testid="batch-ready">
          ✓ {t("batch_ready")}
        </p>
        <Deed label={`${t("batch_start_now")} ${batch.id}`} testid="batch-start-now" act={() => start(null)} />
      </>
    );
  }
  return (
    <>
      <p class="batch-bad" role="status" data-testid="batch-not-ready">
        ✗ {t("batch_not_ready", { n: lacks.length })}
      </p>
      <Lacking lacks={lacks} start={start} />
    </>
  );
}

interface LackingProps {
  lacks: readonly Lack[];
  start: (over: PassedOver) => Promise<void>;
}

function Lacking({ lacks, start }: LackingProps) {
  const [over, setOver] = useState(false);
  if (over) return <PassOver lacks={lacks} start={start} />;
  return (
    <>
      <ul class="lacks">
        {lacks.map((one) => (
          <OneLack key={one.key} one={one} />
        ))}
      </ul>
      <button class="plain big" type="button" data-testid="batch-over" onClick={() => setOver(true)}>
        {t("batch_over")}
      </button>
    </>
  );
}

function OneLack({ one, children }: { one: Lack; children?: ComponentChildren }) {
  const place = placeOf(one);
  return (
    <li data-testid={`lack-${one.key}`}>
      {said(one.text)} {place && <a href={place.address}>{t(place.name)} ›</a>}
      {children}
    </li>
  );
}

function PassOver({ lacks, start }: LackingProps) {
  const act = (form: FormData): Promise<void> => {
    let reason = "";
    const reasons = new Map(lacks.map(({ key }): [string, string] => [key, (reason = text(form, key).trim() || reason)]));
    return start({ reasons, signature: personIn(form, "quality") });
  };
  return (
    <div class="batch-over">
      <Deed label={t("batch_over_start")} testid="batch-over-start" act={act}>
        <p>{t("batch_over_rule")}</p>
        <ul class="lacks">
          {lacks.map((one, place) => (
            <OneLack key={one.key} one={one}>
              <input
                name={one.key}
                type="text"
                aria-label={`${t("reason")}: ${said(one.text)}`}
                placeholder={t(place === 0 ? "reason" : "batch_over_above")}
                minLength={3}
                maxLength={500}
                required={place === 0}
              />
            </OneLack>
          ))}
        </ul>
        <PersonFields field="quality" label={t("batch_over_who")} />
      </Deed>
    </div>
  );
}
