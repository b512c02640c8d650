/** What the policy has sampled: filtered, in an order, or one prompt's responses over the epochs with what changed. */
import { useEffect, useRef, useState } from "preact/hooks";
import { diffWordsWithSpace } from "diff";
import { get, pages } from "../../lib/api.js";
import { fixed, number } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { changeQuery, to } from "../../lib/router.js";
import { OVER } from "../../lib/use_job.js";
import { useLoad } from "../../lib/use_load.js";
import { Empty, Fault, Field, More, Segments, Select, Skeleton } from "../../parts/parts.js";

const PAGE = 40;
/** Epochs whose responses are laid under each other. */
const MOST_EPOCHS = 200;

const ORDERS = [
  ["-reward", "Highest reward"],
  ["reward", "Lowest reward"],
  ["-length", "Longest"],
  ["length", "Shortest"],
  ["step", "In order of steps"],
];

function Rollout({ job, rollout, text, hasPrompt = true }) {
  const { rollout_id, score, epoch, step, prompt_idx, kl, completion_tokens, finish_reason, rewards } =
    rollout;
  const terms = Object.entries(rewards);
  return html`
    <li>
      <div class="rollout">
        <div class="side-facts">
          <div class="score">${fixed(score)}</div>
          <div class="small muted">epoch ${epoch}</div>
        </div>
        <div>
            ${hasPrompt && html`<p class="small prompt-text clamp lines-2">${rollout.prompt}</p>`}
            <a class="cover text" data-row href=${to("jobs", job.id, "rollouts", rollout_id)} style=${{
              color: "inherit",
            }}>${text ?? (rollout.completion || html`<span class="muted">(empty)</span>`)}</a>
            <p class="facts-line">
              <span>step ${step}</span>
              <span>KL ${number(kl, 3)}</span>
              <span>${completion_tokens} tokens</span>
              <span>${finish_reason === "stop" ? "ended" : "cut off"}</span>
              ${terms.length > 1 &&
                terms.map(([name, value]) => html`<span key=${name}>${name} ${number(value, 3)}</span>`)}
              ${hasPrompt &&
                html`<a class="above text" href=${
                  to("jobs", job.id, "rollouts", { prompt: prompt_idx, view: "epochs" })
                }>prompt ${prompt_idx} over the epochs</a>`}
            </p>
          </div>
      </div>
    </li>
  `;
}

/** A completion with what it has that the one before had not, and what it lost. */
function Changed({ before, now }) {
  return diffWordsWithSpace(before, now).map(({ added, removed, value }, at) =>
    added
      ? html`<ins key=${at}>${value}</ins>`
      : removed
      ? html`<del key=${at}>${value}</del>`
      : html`<span key=${at}>${value}</span>`
  );
}

/** The same prompt, an epoch under the other. */
function OverEpochs({ job, prompt }) {
  const { data, error, reload } = useLoad(async (signal) => {
    const ofEpoch = new Map();
    const params = { prompt, order: "step", limit: 100 };
    for await (const page of pages(`/v1/training-jobs/${job.id}/rollouts`, params, signal)) {
      for (const rollout of page) if (!ofEpoch.has(rollout.epoch)) ofEpoch.set(rollout.epoch, rollout);
      if (ofEpoch.size > MOST_EPOCHS) break;
    }
    return [...ofEpoch.values()];
  }, [job.id, prompt]);
  if (error) return html`<${Fault} error=${error} retry=${reload} />`;
  if (data === null) return html`<${Skeleton} rows=${6} height=${76} />`;
  if (data.length === 0) {
    return html`
      <div class="panel">
        <${Empty} title="Nothing was sampled for this prompt" />
      </div>
    `;
  }
  return html`
    <div class="panel" style=${{ marginBottom: "16px" }}>
      <p class="small muted" style=${{
        marginBottom: "4px",
      }}>Prompt ${prompt}: its first response in each epoch, and what
        changed since the one before</p>
      <p class="prompt-text">${data[0].prompt}</p>
    </div>
    <ul class="list" data-epochs>${data.map((rollout, at) =>
      html`
        <${Rollout}
          key=${rollout.rollout_id}
          job=${job}
          rollout=${rollout}
          hasPrompt=${false}
          text=${at === 0
            ? undefined
            : html`<${Changed} before=${data[at - 1].completion} now=${rollout.completion} />`}
        />
      `
    )}</ul>
  `;
}

function useRollouts(job, params) {
  const [state, setState] = useState({
    rollouts: null,
    next: null,
    error: null,
    dropped: null,
    isLoading: true,
  });
  const gone = useRef(null), now = useRef(state);
  now.current = state;
  const path = `/v1/training-jobs/${job.id}/rollouts`;
  const load = async (after) => {
    const { signal } = gone.current;
    setState((was) => ({ ...was, isLoading: true }));
    try {
      const page = await get(path, { ...params, limit: PAGE, after }, signal);
      setState((was) => ({
        rollouts: [...(after ? was.rollouts : []), ...page.data],
        next: page.has_more ? page.next_cursor : null,
        ...{ dropped: page.dropped, error: null, isLoading: false },
      }));
    } catch (error) {
      if (!signal.aborted) setState((was) => ({ ...was, error, isLoading: false }));
    }
  };
  useEffect(() => {
    gone.current = new AbortController();
    setState((was) => ({ ...was, rollouts: null }));
    load();
    return () => gone.current.abort();
  }, [job.id, JSON.stringify(params)]);
  return {
    ...state,
    reload: () => load(),
    more: () => now.current.next && !now.current.isLoading && load(now.current.next),
  };
}

function All({ job, query }) {
  const { order = "-reward", epoch, prompt, min_reward, max_reward } = query;
  const { rollouts, next, error, dropped, isLoading, more, reload } = useRollouts(job, {
    ...{ order, epoch, prompt, min_reward, max_reward },
  });
  const typed = (name) => ({
    type: "number",
    value: query[name] ?? "",
    onInput: (value) => changeQuery({ [name]: value }),
  });
  return html`
    <div class="filters">
      <${Select} label="Order" value=${order} options=${ORDERS} onChange=${(value) =>
        changeQuery({ order: value })} />
      <${Field} label="Epoch" ...${typed("epoch")} min="1" max=${job.progress.epochs} placeholder=${`1 to ${
        job.progress.epoch || job.progress.epochs
      }`} data-search />
      <${Field} label="Prompt" ...${typed("prompt")} min="0" placeholder=${`0 to ${job.rows.count - 1}`} />
      <${Field} label="Reward from" ...${typed("min_reward")} step="any" placeholder="lowest" />
      <${Field} label="Reward to" ...${typed("max_reward")} step="any" placeholder="highest" />
    </div>
    ${dropped && html`
      <div class="notice" style=${{ marginBottom: "16px" }}>
        <div class="small">Records before step ${dropped.before_step}
            were removed, as the job's <code>records</code> say.</div>
      </div>
    `}
    ${error && html`<${Fault} error=${error} retry=${reload} />`}
    ${rollouts === null && !error && html`
      <div class="list">
        <${Skeleton} rows=${6} height=${98} />
      </div>
    `}
    ${rollouts?.length === 0 && html`
      <div class="panel">
        <${Empty} title=${job.progress.step === 0
          ? "Nothing was sampled yet"
          : "No rollout is like that"}><p>${job.progress.step === 0
          ? OVER.includes(job.status)
            ? "The job did no step."
            : "Rollouts are here when the first step is done."
          : "Other filters may find more."}</p>${!OVER.includes(job.status) &&
          html`<button type="button" class="button" onClick=${reload}>Look again</button>`}<//></div>
    `}
    ${rollouts?.length > 0 &&
      html`<ul class="list" data-rollouts>${
        rollouts.map((rollout) =>
          html`<${Rollout} key=${rollout.rollout_id} job=${job} rollout=${rollout} />`
        )
      }</ul>`}
    ${rollouts && next && html`<${More} onMore=${more} isLoading=${isLoading} />`}
  `;
}

export function Rollouts({ job, query }) {
  const isEpochs = query.view === "epochs";
  const last = job.rows.count - 1;
  const prompt = Math.min(last, Math.max(0, Number(query.prompt ?? 0) || 0));
  return html`
    <div class="row tools">
      <${Segments}
        label="View"
        of=${[["", "All rollouts"], ["epochs", "One prompt over the epochs"]]}
        value=${isEpochs ? "epochs" : ""}
        onChange=${(view) => changeQuery({ view, prompt: view ? prompt : "" })}
      />
      ${isEpochs && html`
        <div class="row">
          <button type="button" class="button" disabled=${prompt <= 0} onClick=${() =>
            changeQuery({ prompt: prompt - 1 })}>Previous</button>
          <span class="muted">prompt ${prompt} of ${job.rows.count}</span>
          <button type="button" class="button" disabled=${prompt >= last} onClick=${() =>
            changeQuery({ prompt: prompt + 1 })}>Next</button>
        </div>
      `}
    </div>
    ${isEpochs
      ? html`<${OverEpochs} job=${job} prompt=${prompt} />`
      : html`<${All} job=${job} query=${query} />`}
  `;
}
