/** The pages that stand beside one another: some at once, the others behind one step, by mouse or keyboard. */

import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { first, further, open, type Item } from "../menu";
import { page } from "../page";
import { person } from "../store";

export function Nav() {
  const deeds = person.value?.deeds ?? [];
  return (
    <nav class="pages" aria-label={t("nav")}>
      {open(first, deeds).map((item) => (
        <To key={item.kind} item={item} />
      ))}
      <More items={open(further, deeds)} />
    </nav>
  );
}

/** Closes with Escape, at a choice, and when it is left. */
function More({ items }: { items: readonly Item[] }) {
  const box = useRef<HTMLDetailsElement>(null);
  const close = (): void => box.current?.removeAttribute("open");
  const escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !box.current?.open) return;
    close();
    box.current.querySelector("summary")?.focus();
  };
  const closeUnless = (at: EventTarget | null): void => {
    if (at instanceof Node && !box.current?.contains(at)) close();
  };
  useEffect(() => {
    const press = (event: PointerEvent): void => closeUnless(event.target);
    document.addEventListener("pointerdown", press);
    return () => document.removeEventListener("pointerdown", press);
  }, []);
  const here = items.find(({ kind }) => kind === page.value.kind);
  return (
    <details class="more" ref={box} onKeyDown={escape} onFocusOut={(event) => closeUnless(event.relatedTarget)}>
      <summary class={here ? "here" : ""} data-testid="nav-more">
        {t(here?.name ?? "nav_more")} <span aria-hidden="true">▾</span>
      </summary>
      <div onClick={close}>
        {items.map((item) => (
          <To key={item.kind} item={item} />
        ))}
      </div>
    </details>
  );
}

function To({ item: { kind, name, address } }: { item: Item }) {
  return (
    <a href={address} aria-current={page.value.kind === kind ? "page" : undefined} data-testid={`nav-${kind}`}>
      {t(name)}
    </a>
  );
}
