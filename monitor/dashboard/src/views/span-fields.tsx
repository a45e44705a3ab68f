/** From when to when, in two fields that go by the plant's clock: a browser's own would go by its language. */

import { dateTime } from "../format";
import { t } from "../i18n";
import { writtenTime, type Span } from "../period";

export function SpanFields({ span, zone }: { span: Span; zone: string }) {
  return (
    <span class="span-fields">
      <Field name="from" label={t("from")} at_ms={span.start_ms} zone={zone} /> – <Field name="to" label={t("to")} at_ms={span.end_ms} zone={zone} />
    </span>
  );
}

function Field({ name, label, at_ms, zone }: { name: string; label: string; at_ms: number; zone: string }) {
  return (
    <input
      name={name}
      aria-label={label}
      title={label}
      defaultValue={dateTime(at_ms, zone)}
      pattern={writtenTime}
      maxLength={19}
      autocomplete="off"
      required
      data-testid={`span-${name}`}
    />
  );
}
