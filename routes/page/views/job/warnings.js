/** What the trainer warned of: when, what it means, what helps. */
import { ago } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { Empty } from "../../parts/parts.js";

export function Warnings({ warnings }) {
  if (warnings.length === 0) {
    return html`
      <div class="panel">
        <${Empty} title="No warnings">
          <p>What goes wrong in a run and can be told from its numbers would be here, with what helps.</p>
          <//>
          </div>
    `;
  }
  return html`<ul class="list" data-warnings>
    ${
    warnings.toReversed().map(({ id, created_at, data: { code, detail, step } }) =>
      html`
        <li key=${id}>
          <div class="row spread"><strong>${code.replaceAll("_", " ")}</strong>
                  <span class="small muted">step ${step} · ${ago(created_at)}</span></div>
          <p>${detail}</p>
        </li>
      `
    )
  }
  </ul>`;
}
