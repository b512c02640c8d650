/** The models that the server has, and more of them from a hub. */
import { useState } from "preact/hooks";
import { get, post, remove } from "../lib/api.js";
import { bytes, compact, plural } from "../lib/format.js";
import { html } from "../lib/html.js";
import { to } from "../lib/router.js";
import { useLoad } from "../lib/use_load.js";
import { Bar, Empty, Fault, Field, Skeleton, Status, Sure } from "../parts/parts.js";

const isComing = ({ status }) => status === "queued" || status === "downloading";

function Model({ model, reload }) {
  const [error, setError] = useState(null);
  const { id, status, download, problem } = model;
  const forget = () => remove(`/v1/models/${encodeURIComponent(id)}`).then(reload, setError);
  const facts = [
    model.model_type,
    model.task === "sequence_classifier" ? (model.is_reward_model ? "reward model" : "classifier") : null,
    model.parameters && `${compact(model.parameters)} parameters`,
    model.dtype,
    model.bytes && bytes(model.bytes),
    model.context && `context ${compact(model.context)}`,
    model.vocab_size && `vocabulary ${compact(model.vocab_size)}`,
    model.has_chat_template && "chat template",
    model.checkpoint && `of ${model.checkpoint}`,
  ].filter(Boolean);
  const done = download?.bytes ?? download?.downloaded_bytes,
    all = download?.total_bytes ?? download?.bytes_total;
  return html`<li data-model=${id}>
    <div class="row spread">
      <div class="row"><strong>${id}</strong><${Status} of=${status} /></div>
      <div class="row">
        ${
    status === "ready" && model.task === "causal_lm" && html`
      <a class="button tiny" href=${to("playground", { model: id })}>Playground</a>
      <a class="button tiny" href=${to("new", { model: id })}>Train</a>
    `
  }
        ${
    (model.hub || isComing(model)) && html`
      <${Sure}
        tiny
        label=${isComing(model) ? "Stop" : "Remove"}
        sure=${isComing(model) ? "Stop the download?" : "Remove its files?"}
        onClick=${forget}
      />
    `
  }
      </div>
    </div>
    <p class="facts-line">${facts.map((fact) => html`<span key=${fact}>${fact}</span>`)}</p>
    ${
    isComing(model) && html`
      <div class="progress"
        style=${{ marginTop: "8px" }}><small><span>${done ? bytes(done) : "waiting"}</span><span>${all
          ? bytes(all)
          : ""}</span></small><${Bar} share=${all ? done / all : 0} status=${status} /></div>
    `
  }
    ${
    problem && html`<p class="small" style=${{ color: "var(--bad)" }}>${problem.detail ?? problem.code}</p>`
  }
    ${error && html`<${Fault} error=${error} />`}
  </li>`;
}

function FromHub({ reload }) {
  const [id, setId] = useState("");
  const [revision, setRevision] = useState("");
  const [error, setError] = useState(null);
  const fetchIt = async (event) => {
    event.preventDefault();
    setError(null);
    try {
      await post("/v1/models", { hub_id: id.trim(), ...(revision.trim() && { revision: revision.trim() }) });
      setId("");
      reload();
    } catch (caught) {
      setError(caught);
    }
  };
  return html`<form class="panel stack" onSubmit=${fetchIt}>
    <h2>From the Hugging Face hub</h2>
    <div class="fields">
      <${Field} label="Id" value=${id} onInput=${setId} placeholder="Qwen/Qwen3-0.6B" />
      <${Field} label="Revision" value=${revision} onInput=${setRevision} placeholder="main" />
      <div class="field"><span class="label">${"\u00a0"}</span><button class="button main" disabled=${
    id.trim() === ""
  }>Download</button></div>
    </div>
    <p class="small muted">Or put a folder with <code>config.json</code>, safetensors and <code>tokenizer.json</code> into
      a folder of <code>MODELS_DIR</code>: it is listed here without a restart.</p>
    ${error && html`<${Fault} error=${error} />`}
  </form>`;
}

export function Models() {
  const [isComingNow, setComing] = useState(false);
  const { data, error, reload } = useLoad(
    async (signal) => {
      const answer = await get("/v1/models", { fine_tuned: false }, signal);
      setComing(answer.data.some(isComing));
      return answer;
    },
    [],
    isComingNow ? 1500 : 15_000,
  );
  return html`
    <div class="head">
      <div><h1>Models</h1>${data &&
        html`<p class="muted small">${
          plural(data.data.length, "model")
        }, run on ${data.device} unless a job says otherwise</p>`}</div>
    </div>
    <div class="stack">
      ${error && html`<${Fault} error=${error} retry=${reload} />`}
      ${data === null && !error && html`
        <div class="list">
          <${Skeleton} rows=${3} height=${72} />
        </div>
      `}
      ${data && data.data.length === 0 && html`
        <div class="panel">
          <${Empty} title="No models"
            code=${`curl ${location.origin}/v1/models -H 'content-type: application/json' -d '{ "hub_id": "Qwen/Qwen3-0.6B" }'`} />
        </div>
      `}
      ${data && data.data.length > 0 &&
        html`<ul class="list">${
          data.data.map((model) => html`<${Model} key=${model.id} model=${model} reload=${reload} />`)
        }</ul>`}
      <${FromHub} reload=${reload} />
    </div>
  `;
}
