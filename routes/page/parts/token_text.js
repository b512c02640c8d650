/** Tokens as running text, each coloured; one of them is the chosen one, by pointer, touch or arrow keys. */
import { useRef } from "preact/hooks";
import { html } from "../lib/html.js";
import { heat } from "./heat.js";

/** What cannot be seen: line breaks, tabs, control characters. */
// deno-lint-ignore no-control-regex
const UNSEEN = /([\x00-\x1f\x7f])/;

function glyph(character) {
  if (character === "\n") return "↵";
  if (character === "\t") return "⇥";
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** A token's text with what cannot be seen made visible. */
function shown(text) {
  if (text === "") return html`<span class="glyph">∅</span>`;
  return text.split(UNSEEN).map((part, at) =>
    UNSEEN.test(part)
      ? html`<span class="glyph" key=${at}>${glyph(part)}</span>${part === "\n" ? part : ""}`
      : part
  );
}

const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 };

/**
 * @param records with `text` and the numbers they are coloured by
 * @param chosen index of the chosen one, or null
 */
export function TokenText({ records, measure, size, chosen, onChoose, label }) {
  const box = useRef(null);
  const choose = (event) => {
    const at = event.target.closest("[data-at]")?.dataset.at;
    if (at !== undefined) onChoose(Number(at));
  };
  const step = (event) => {
    const by = STEPS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = chosen === null ? 0 : Math.min(records.length - 1, Math.max(0, chosen + by));
    onChoose(next);
    box.current.children[next]?.scrollIntoView({ block: "nearest" });
  };
  return html`
    <div
      class="tokens"
      ref=${box}
      tabindex="0"
      role="listbox"
      aria-label=${label}
      aria-activedescendant=${chosen === null ? undefined : `token-${label}-${chosen}`.replaceAll(/\s/g, "-")}
      onMouseOver=${choose}
      onClick=${choose}
      onKeyDown=${step}
    >${records.map((record, at) =>
      html`
        <span
          key=${at}
          id=${`token-${label}-${at}`.replaceAll(/\s/g, "-")}
          class="token"
          role="option"
          data-at=${at}
          aria-selected=${String(at === chosen)}
          style=${heat(record[measure.key], size, measure)}
        >${shown(record.text)}</span>
      `
    )}</div>
  `;
}

export function HeatKey({ measure, size, write }) {
  return html`<span class="heat-key">${
    measure.isSigned
      ? html`<span>${write(-size)}</span><i class="both"></i><span>${write(size)}</span>`
      : html`<span>0</span><i class="one"></i><span>${write(measure.isUp ? size : -size)}</span>`
  }</span>`;
}
