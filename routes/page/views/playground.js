/** A base model beside a checkpoint of it: the same prompt and seed, streamed, then what both think of their words. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get, list, post } from "../lib/api.js";
import { eventStream } from "../lib/event_stream.js";
import { fixed, jobName, number, percent } from "../lib/format.js";
import { html } from "../lib/html.js";
import { changeQuery, to } from "../lib/router.js";
import { useLoad } from "../lib/use_load.js";
import { extent } from "../parts/heat.js";
import { Empty, Fault, Field, Segments, Select } from "../parts/parts.js";
import { HeatKey, TokenText } from "../parts/token_text.js";

const MEASURES = [
  { key: "logprob", name: "Probability", isSigned: false },
  { key: "kl_div", name: "KL from the base", isSigned: true },
  { key: "entropy", name: "Entropy", isSigned: false, isUp: true },
  { key: "value", name: "Value", isSigned: true },
];

const PROMPT = "POST: My roommate eats my food and says it was not him.\nTL;DR:";

const EMPTY = { pieces: [], tokens: null, reward: null, isDone: false, finish: null, error: null };

function request({ model, checkpoint, prompt, isChat, settings }) {
  const its = isChat ? { messages: [{ role: "user", content: prompt }] } : { text: prompt };
  const both = [{ ...its, checkpoint: null }, ...(checkpoint ? [{ ...its, checkpoint }] : [])];
  return {
    ...{ model, prompts: both, stream: true, logprobs: true },
    max_new_tokens: Number(settings.max_new_tokens) || 50,
    temperature: Number(settings.temperature),
    top_p: Number(settings.top_p) || 1,
    seed: Number(settings.seed) || 0,
  };
}

/** A piece of a stream as one token of the text: usually it is one. */
const pieceOf = ({ text, logprobs = [] }) => ({
  text,
  logprob: logprobs.length > 0 ? logprobs.reduce((sum, value) => sum + value, 0) / logprobs.length : null,
});

function Output({ title, name, output, measure, canScore, isRunning }) {
  const [chosen, setChosen] = useState(null);
  const records = output.tokens ?? output.pieces;
  useEffect(() => setChosen(null), [records.length === 0]);
  const known = records.some((record) => typeof record[measure.key] === "number");
  const size = known ? extent(records, measure.key) : 1;
  const token = chosen === null ? null : records[chosen];
  return html`
    <section class="panel" aria-label=${title} data-output=${name}>
      <div class="row spread">
        <div>
          <h2>${title}</h2>
        </div>
        <div class="row">
            ${output.reward !== null && html`<span class="chip">reward ${fixed(output.reward)}</span>`}
            ${output.finish &&
              html`<span class="chip">${output.finish === "stop" ? "ended" : "cut off"}</span>`}
          </div>
      </div>
      <div class="output" style=${{ marginTop: "8px" }} aria-live="polite">
          ${output.error && html`<${Fault} error=${output.error} />`}
          ${records.length > 0 && html`
            <${TokenText}
              records=${records}
              measure=${measure}
              size=${size}
              chosen=${chosen}
              onChoose=${setChosen}
              label=${title}
            />
          `}
          ${!output.isDone && records.length === 0 && html`
            <p class="muted">${isRunning ? "The model is being loaded…" : "What it says appears here."}</p>
          `}
          ${output.isDone && records.length === 0 && !output.error &&
            html`<p class="muted">It ended at once, without a word.</p>`}
        </div>
      <div class="facts-line" style=${{
        minHeight: "20px",
      }}>${token && token.logprob !== null && token.logprob !== undefined
        ? html`<span>probability <b>${percent(Math.exp(token.logprob))}</b></span>
          ${
          token.ref_logprob !== undefined && html`<span>base ${percent(Math.exp(token.ref_logprob))}</span>`
        }
          ${token.kl_div !== undefined && html`<span>KL ${number(token.kl_div, 3)}</span>`}
          ${token.entropy !== undefined && html`<span>entropy ${number(token.entropy, 3)}</span>`}
          ${typeof token.value === "number" && html`<span>value ${number(token.value, 3)}</span>`}`
        : output.isDone && records.length > 0
        ? html`<span>${canScore ? "Point at a token for its probability" : ""}</span>`
        : null}</div>
    </section>
  `;
}

/** Reads the stream into two outputs, then scores them. */
function usePlay() {
  const [outputs, setOutputs] = useState([EMPTY, EMPTY]);
  const [isRunning, setRunning] = useState(false);
  const [error, setError] = useState(null);
  const gone = useRef(null);
  const change = (index, part) =>
    setOutputs((was) =>
      was.map((output, at) =>
        at === index ? { ...output, ...(typeof part === "function" ? part(output) : part) } : output
      )
    );

  const score = async (sent, prompt, ids, reward, signal) => {
    await Promise.all(sent.prompts.map(async ({ checkpoint }, index) => {
      if (ids[index].text === "") return;
      const body = {
        ...{ model: sent.model, checkpoint, temperature: sent.temperature || 1 },
        items: [{ prompt, completion: ids[index].text }],
      };
      const answer = await post("/v1/scores", { ...body, reward: reward ?? undefined }, signal)
        // Rewards may need what only the job's rows have, as answers.
        .catch((caught) => reward ? post("/v1/scores", body, signal) : Promise.reject(caught));
      const [scored] = answer.data;
      change(index, {
        reward: scored.reward ?? null,
        tokens: scored.tokens.map((token) => ({ ...token, text: token.token })),
      });
    }));
  };

  const start = async (given) => {
    gone.current?.abort();
    const { signal } = gone.current = new AbortController();
    const sent = request(given);
    const texts = sent.prompts.map(() => ({ text: "" }));
    setError(null);
    setRunning(true);
    setOutputs([EMPTY, EMPTY]);
    try {
      const stream = eventStream("/v1/generations", { method: "POST", json: sent, signal });
      for await (const { event, data } of stream) {
        if (data === "[DONE]") break;
        const told = JSON.parse(data);
        if (event === "error") {
          throw Object.assign(new Error(told.detail ?? told.title), { errors: told.errors });
        }
        if (event !== "delta") continue;
        texts[told.prompt_index].text += told.text;
        change(told.prompt_index, ({ pieces, finish }) => ({
          pieces: told.text === "" ? pieces : [...pieces, pieceOf(told)],
          finish: told.finish_reason ?? finish,
          isDone: told.finish_reason !== null,
        }));
      }
      if (!given.isChat) await score(sent, given.prompt, texts, given.reward, signal);
    } catch (caught) {
      if (!signal.aborted) setError(caught);
    }
    if (gone.current.signal === signal) setRunning(false);
  };
  useEffect(() => () => gone.current?.abort(), []);
  return { outputs, isRunning, error, start, stop: () => gone.current?.abort() };
}

export function Playground({ query }) {
  const models = useLoad((signal) => get("/v1/models", { fine_tuned: false }, signal), []);
  const jobs = useLoad((signal) => list("/v1/training-jobs", { limit: 100 }, 300, signal), []);
  const usable = (models.data?.data ?? []).filter(({ status, task }) =>
    status === "ready" && task === "causal_lm"
  );
  const trained = (jobs.data ?? []).filter(({ kind, checkpoint }) =>
    checkpoint && (kind === "ppo" || kind === "sft")
  );
  const job = trained.find(({ id }) => id === query.job);
  const model = job?.model ?? query.model ?? usable[0]?.id ?? "";
  const checkpoints = useLoad(
    (signal) =>
      query.job
        ? list(`/v1/training-jobs/${query.job}/checkpoints`, { limit: 100 }, 1000, signal)
        : Promise.resolve([]),
    [query.job],
  );
  const checkpoint = query.job ? query.checkpoint || job?.checkpoint || "" : "";
  const [prompt, setPrompt] = useState(PROMPT);
  const [isChat, setChat] = useState(false);
  const [settings, setSettings] = useState({ max_new_tokens: "50", temperature: "1", top_p: "1", seed: "0" });
  const [by, setBy] = useState("logprob");
  const { outputs, isRunning, error, start, stop } = usePlay();
  const reward = job?.config.reward ?? null;
  const run = () => start({ model, checkpoint, prompt, isChat, settings, reward });
  const records = outputs.flatMap(({ tokens, pieces }) => tokens ?? pieces);
  const measures = MEASURES.filter(({ key }) =>
    key === "logprob" || records.some((record) => typeof record[key] === "number")
  );
  const measure = measures.find(({ key }) => key === by) ?? measures[0];
  const size = records.length > 0 ? extent(records, measure.key) : 1;
  const setting = (key, label, more) =>
    html`
      <${Field}
        label=${label}
        type="number"
        value=${settings[key]}
        onInput=${(value) => setSettings((was) => ({ ...was, [key]: value }))}
        ...${more}
      />
    `;
  if (models.data && usable.length === 0) {
    return html`
      <div class="head">
        <h1>Playground</h1>
      </div>
      <div class="panel">
        <${Empty} title="No model can be used">
            <a class="button" href=${to("models")}>Models</a><//></div>
    `;
  }
  return html`
    <div class="head">
      <h1>Playground</h1>
    </div>
    <form class="stack" onSubmit=${(event) => {
      event.preventDefault();
      run();
    }}>
      <div class="panel stack">
        <div class="fields">
          <${Select}
            label="Model"
            value=${model}
            options=${usable.some(({ id }) => id === model) || !model
              ? usable.map(({ id }) => [id, id])
              : [[model, model], ...usable.map(({ id }) => [id, id])]}
            onChange=${(value) => changeQuery({ model: value, job: "", checkpoint: "" })}
          />
          <${Select}
            label="Beside it"
            value=${query.job ?? ""}
            options=${[["", "Nothing"], ...trained.map((one) => [one.id, `${jobName(one)} (${one.model})`])]}
            onChange=${(id) => changeQuery({ job: id, checkpoint: "" })}
          />
          <${Select}
            label="Checkpoint"
            value=${checkpoint}
            isDisabled=${!query.job}
            options=${!query.job ? [["", "–"]] : (checkpoints.data ?? []).toReversed().map((
              { id, step, epoch },
            ) => [id, `step ${step}, epoch ${epoch}`])}
            onChange=${(id) => changeQuery({ checkpoint: id })}
          />
          <div class="field"><span class="label">Prompt as</span><${Segments}
            label="Prompt as"
            of=${[[false, "Text"], [true, "Chat"]]}
            value=${isChat}
            onChange=${setChat}
          /></div>
        </div>
        <label class="field"><span class="label">Prompt</span>
          <textarea
            class="input"
            data-search
            rows="3"
            value=${prompt}
            onInput=${(event) => setPrompt(event.currentTarget.value)}
            onKeyDown=${(event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && run()}
          ></textarea></label>
        <div class="fields">
          ${setting("max_new_tokens", "New tokens", { min: 1, max: 32768 })}
          ${setting("temperature", "Temperature", { min: 0, step: 0.05 })}
          ${setting("top_p", "Top p", { min: 0.01, max: 1, step: 0.01 })}
          ${setting("seed", "Seed", { min: 0 })}
        </div>
        <div class="row">
          ${isRunning
            ? html`<button type="button" class="button" onClick=${stop}>Stop</button>`
            : html`<button class="button main" disabled=${!model || prompt === ""}>Generate</button>`}
          <span class="small muted">Ctrl + Enter; the same seed on both sides</span>
        </div>
      </div>
      ${error && html`<${Fault} error=${error} retry=${run} />`}
      <div class="row spread">
        <${Segments} label="Colour by" of=${measures.map(({ key, name }) => [key, name])} value=${measure
          .key} onChange=${setBy} />
        ${records.length > 0 &&
          html`<${HeatKey} measure=${measure} size=${size} write=${(value) => number(value, 2)} />`}
      </div>
      <div class=${checkpoint ? "two" : ""}>
        <${Output} title=${model ||
          "Base"} name="base" output=${outputs[
            0
          ]} measure=${measure} canScore=${!isChat} isRunning=${isRunning} />
        ${checkpoint && html`
          <${Output}
            title=${job ? jobName(job) : "Checkpoint"}
            name="checkpoint"
            output=${outputs[1]}
            measure=${measure}
            canScore=${!isChat} isRunning=${isRunning}
          />
        `}
      </div>
    </form>
  `;
}
