/** What an evaluation came to. */
import { fixed, number, percent, plural } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { Empty } from "../../parts/parts.js";

const interval = (ci95) => ci95 ? html`<small>${fixed(ci95[0])} to ${fixed(ci95[1])}</small>` : null;

export function Result({ job }) {
  const { result } = job;
  if (!result) {
    return html`
      <div class="panel">
        <${Empty} title="No result yet">
          <p>It is there when the job has succeeded.</p>
          <//>
          </div>
    `;
  }
  const { reward } = result;
  return html`
    <div class="stack" data-result>
      <dl class="facts panel">
          <div><dt>Reward</dt><dd>${fixed(reward.mean)} ${interval(reward.ci95)}</dd></div>
          ${reward.against !== null && html`
            <div>
              <dt>Of the other</dt>
              <dd>${fixed(reward.against)}</dd>
            </div>
          `}
          ${reward.difference &&
            html`
              <div>
                <dt>Difference</dt>
                <dd>${fixed(reward.difference.mean)} ${interval(reward.difference.ci95)}</dd>
              </div>
            `}
          ${result.win_rate !== null && html`
            <div>
              <dt>Wins</dt>
              <dd>${percent(result.win_rate)}</dd>
            </div>
          `}
          <div><dt>KL</dt><dd>${number(result.kl)}</dd></div>
          <div><dt>Entropy</dt><dd>${number(result.entropy)}</dd></div>
          <div><dt>Length</dt><dd>${number(result.length)}</dd></div>
          <div><dt>Distinct 1, 2</dt><dd>${fixed(result.distinct_1, 2)}, ${fixed(
            result.distinct_2,
            2,
          )}</dd></div>
        </dl>
      <h2>Some of ${plural(result.n, "completion")}</h2>
      <ul class="list">${result.samples.map((sample, at) =>
        html`
          <li key=${at}>
            <p class="prompt-text clamp lines-2">${sample.prompt}</p>
            <div class=${sample.against === null ? "" : "two"} style=${{ marginTop: "8px" }}>
                    <div><strong>${fixed(sample.score)}</strong><p>${sample.completion}</p></div>
                    ${sample.against !== null &&
                      html`<div class="muted"><strong>${
                        fixed(sample.against_score)
                      }</strong><p>${sample.against}</p></div>`}
                  </div>
          </li>
        `
      )}</ul>
    </div>
  `;
}
