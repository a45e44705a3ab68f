/** What stands in place of the screen for who is not in yet: a heading, what is asked, and language and theme above. */

import type { ComponentChildren } from "preact";
import { LanguageSwitch, Logo, ThemeSwitch } from "./header";

interface Props {
  heading: string;
  /** For its own looks. */
  kind?: string;
  children: ComponentChildren;
}

export function Entrance({ heading, kind = "", children }: Props) {
  return (
    <div class={`sign-in ${kind}`}>
      <nav class="switches">
        <LanguageSwitch />
        <ThemeSwitch />
      </nav>
      <main>
        <h1>
          <Logo /> {heading}
        </h1>
        {children}
      </main>
    </div>
  );
}
