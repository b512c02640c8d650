/** A response token by token: coloured by what was measured of each, with the record of the chosen one. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { get } from "../../lib/api.js";
import { fixed, number, plural } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { changeQuery, to } from "../../lib/router.js";
import { useLoad } from "../../lib/use_load.js";
import { Chart } from "../../parts/chart.js";
import { extent, MEASURES } from "../../parts/heat.js";
import { Empty, Fault, Segments, Skeleton } from "../../parts/parts.js";
import { HeatKey, TokenText } from "../../parts/token_text.js";

/** Tokens that are shown at once. */
const MOST = 4000;

const ROWS = [
  ["logprob", "Log-probability"],
  ["ref_logprob", "Reference"],
  ["kl_div", "KL"],
  ["value", "Value"],
  ["reward", "Reward"],
  ["advantage", "Advantage"],
  ["reward_to_go", "Reward to go"],
];

async function loadTokens(jobId, rollout, signal) {
  const tokens = [];
  for (let after = undefined; after !== null && tokens.length < MOST;) {
    const page = await get(`/v1/training-jobs/${jobId}/attributions`, {
      ...{ rollout, state_text: "false", limit: 1000, after },
    }, signal);
    tokens.push(...page.data);
    after = page.has_more ? page.next_cursor : null;
  }
  return tokens.map((token) => ({ ...token, text: token.action_token }));
}

/** The rollout itself; null: there is none. */
async function loadRollout(jobId, rollout, signal) {
  const { data } = await get(`/v1/training-jobs/${jobId}/rollouts`, { rollout }, signal);
  return data[0] ?? null;
}

function Record({ token, count }) {
  if (!token) {
    return html`
      <div class="panel record">
        <p class="muted">Point at a token, tap it, or go through them with the arrow keys.</p>
      </div>
    `;
  }
  return html`
    <div class="panel record" data-record>
      <code class="token-name">${JSON.stringify(token.action_token).slice(1, -1) || "∅"}</code>
      <p class="facts-line"
        style=${{ marginTop: "6px" }}><span>id ${token.action_token_id}</span><span>${token.position +
          1} of ${count}</span><span>probability ${number(Math.exp(token.logprob), 3)}</span></p>
      <dl>${ROWS.flatMap(([key, name]) => [
        html`<dt key=${key}>${name}</dt>`,
        html`<dd key=${`${key}-value`} data-field=${key}>${fixed(token[key], 4)}</dd>`,
      ])}</dl>
    </div>
  `;
}

export function Tokens({ job, rolloutId, query, theme }) {
  const rollout = useLoad((signal) => loadRollout(job.id, rolloutId, signal), [job.id, rolloutId]);
  const tokens = useLoad((signal) => loadTokens(job.id, rolloutId, signal), [job.id, rolloutId]);
  const [chosen, setChosen] = useState(null);
  useEffect(() => setChosen(null), [rolloutId]);
  const records = tokens.data;
  const measures = MEASURES.filter(({ key }) => records?.some((record) => typeof record[key] === "number"));
  const measure = measures.find(({ key }) => key === query.by) ?? measures[0];
  const size = useMemo(() => measure ? extent(records, measure.key) : 1, [records, measure?.key]);
  const line = useMemo(() =>
    records && measure && {
      ...{ label: measure.name, color: "--line-1" },
      xs: records.map(({ position }) => position + 1),
      ys: records.map((record) => record[measure.key]),
    }, [records, measure?.key]);
  const error = tokens.error ?? rollout.error;
  const it = rollout.data;
  const [step, row] = rolloutId.split("-").map(Number);
  return html`
    <div class="head">
      <div>
        <div class="crumbs"><a href=${to("jobs")}>Jobs</a><span>/</span><a class="cut" href=${to(
          "jobs",
          job.id,
        )}>${job.metadata.name ?? job.id}</a><span>/</span><a href=${to(
          "jobs",
          job.id,
          "rollouts",
        )}>Rollouts</a></div>
        <h1>Rollout ${rolloutId}</h1>
        ${it && html`
          <p
            class="facts-line"><span>epoch ${it.epoch}</span><span>step ${it.step}</span><span>prompt ${it
              .prompt_idx}</span>
                    <span>score ${fixed(it.score)}</span><span>KL ${number(it.kl, 3)}</span><span>${plural(
                      it.completion_tokens,
                      "token",
                    )}</span><span>${it.finish_reason === "stop" ? "ended by itself" : "cut off"}</span></p>
        `}
      </div>
      <div class="row">
        <a class="button" aria-disabled=${row <= 0} href=${to(
          "jobs",
          job.id,
          "rollouts",
          `${step}-${Math.max(0, row - 1)}`,
          query,
        )}>Previous</a>
        <a class="button" href=${to("jobs", job.id, "rollouts", `${step}-${row + 1}`, query)}>Next</a>
      </div>
    </div>
    ${error && html`<${Fault} error=${error} retry=${tokens.error ? tokens.reload : rollout.reload} />`}
    ${!error && (records === null || rollout.isLoading) &&
      html`<${Skeleton} rows=${3} height=${120} gap=${16} />`}
    ${records?.length === 0 && !rollout.isLoading && html`
      <div class="panel">
        <${Empty}
          title=${it ? "No token records" : "No such rollout"}><p>${it
            ? "The job keeps no tokens of it: its configuration's records say how many."
            : "Steps have as many rollouts as ppo.batch_size times ppo.rollouts_per_prompt."}</p><a class="button" href=${to(
              "jobs",
              job.id,
              "rollouts",
            )}>All rollouts</a><//></div>
    `}
    ${measure && it && html`
      <div class="row spread tools">
        <${Segments}
          label="Colour by"
          of=${measures.map(({ key, name }) => [key, name])}
          value=${measure.key}
          onChange=${(by) => changeQuery({ by })}
        />
        <${HeatKey} measure=${measure} size=${size} write=${(value) => number(value, 2)} />
      </div>
      <div class="tokens-grid">
        <div class="stack">
          <div class="panel">
            <p class="prompt-text small">${it.prompt}</p>
            <div style=${{ marginTop: "12px" }}>
              <${TokenText}
                records=${records}
                measure=${measure}
                size=${size}
                chosen=${chosen}
                onChoose=${setChosen}
                label="Tokens of the response"
              />
            </div>
            ${it.completion_tokens > records.length &&
              html`<p class="small muted">The first ${records.length} of ${it.completion_tokens} tokens</p>`}
          </div>
          <${Chart}
            title=${`${measure.name} by position`}
            name=${`token/${measure.key}`}
            hint=${measure.what}
            lines=${[line]}
            version=${rolloutId}
            theme=${theme}
          />
          ${Object.keys(it.rewards).length > 0 && html`<dl class="facts panel">
            <div><dt>Score</dt><dd>${fixed(it.score)}</dd></div>
            <div><dt>Before shaping</dt><dd>${fixed(it.raw_score)}</dd></div>
            ${
            Object.entries(it.rewards).map(([name, value]) =>
              html`
                <div key=${name}>
                  <dt>${name}</dt>
                  <dd>${fixed(value)}</dd>
                </div>
              `
            )
          }
          </dl>`}
        </div>
        <${Record} token=${chosen === null ? null : records[chosen]} count=${it.completion_tokens} />
      </div>
    `}
  `;
}
