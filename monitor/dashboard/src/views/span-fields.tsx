/** From when to when, in two fields that go by the plant's clock. */

import { t } from "../i18n";
import { fieldOf, type Span } from "../period";

export function SpanFields({ span, zone }: { span: Span; zone: string }) {
  return (
    <span class="span-fields">
      <input name="from" type="datetime-local" step={1} aria-label={t("from")} defaultValue={fieldOf(span.start_ms, zone)} /> –{" "}
      <input name="to" type="datetime-local" step={1} aria-label={t("to")} defaultValue={fieldOf(span.end_ms, zone)} />
    </span>
  );
}
