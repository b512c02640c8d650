/** A form for a job: fields as the OpenAPI document has them, and what the job would need while they are filled in. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get, list, post } from "../lib/api.js";
import { bytes, compact, duration, grouped, number, plural } from "../lib/format.js";
import { html } from "../lib/html.js";
import { go, to } from "../lib/router.js";
import { useLoad } from "../lib/use_load.js";
import { Field, Properties } from "../form/fields.js";
import { RowsField } from "../form/rows_field.js";
import { requestVariants, resolved, withPart } from "../form/schema.js";
import { Bar, Code, Fault, Segments, Skeleton } from "../parts/parts.js";
import { curlOf, EXAMPLE_JOB } from "./example_job.js";

const WAIT_MS = 350;

/** What most people set, in this order; all else of a kind comes after it as the document has it. */
const FIRST = ["model", "dataset", "epochs", "seed"];
/** And of the kind's own knobs. */
const FIRST_KNOBS = ["learning_rate", "batch_size", "max_new_tokens", "kl_coef"];
const LAST = ["prompts", "examples", "preferences", "reward"];
const ROWS = { ppo: "prompts", evaluation: "prompts", sft: "examples", reward_model: "preferences" };
const KIND_NAMES = { ppo: "PPO", sft: "Fine-tuning", reward_model: "Reward model", evaluation: "Evaluation" };

/** Rows that a copy of a job brings into the form. */
const MOST_ROWS = 2000;

/** A choice of what the server has, beside a text for what it has not. */
function known(options, hint) {
  const Known = ({ id, value, set, attributes }) =>
    html`
      <input
        class="input"
        id=${id}
        list=${`${id}-list`}
        value=${value ?? ""}
        placeholder=${hint}
        autocomplete="off"
        ...${attributes}
        onInput=${(event) => set(event.currentTarget.value === "" ? undefined : event.currentTarget.value)}
      /><datalist id=${`${id}-list`}>${options.map(([key, text]) =>
        html`<option key=${key} value=${key}>${text}</option>`
      )}</datalist>
    `;
  return Known;
}

/** The request of another job, for one like it. */
async function copyOf(id, signal) {
  const job = await get(`/v1/training-jobs/${id}`, {}, signal);
  const { config, rows } = job;
  const its = rows.dataset ? {} : {
    [rows.field]: (await list(`/v1/training-jobs/${id}/rows`, { limit: 1000 }, MOST_ROWS, signal)).map((
      { row },
    ) => row),
  };
  const given = Object.entries({ ...config, ...its }).filter(([, value]) =>
    value !== null && !(typeof value === "object" && Object.keys(value).length === 0)
  );
  return { request: Object.fromEntries(given), isWhole: rows.dataset || rows.count <= MOST_ROWS };
}

/** Asks what a request would need, a moment after the last change; the newest answer counts. */
function useDryRun(request) {
  const [state, setState] = useState({ answer: null, error: null, isAsking: false });
  const text = JSON.stringify(request);
  useEffect(() => {
    const gone = new AbortController();
    const timer = setTimeout(async () => {
      setState((was) => ({ ...was, isAsking: true }));
      try {
        const answer = await post("/v1/training-jobs/dry-run", request, gone.signal);
        setState({ answer, error: null, isAsking: false });
      } catch (error) {
        if (!gone.signal.aborted) setState({ answer: null, error, isAsking: false });
      }
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      gone.abort();
    };
  }, [text]);
  return state;
}

/** Why there is no estimate: before anything was typed, only what is needed. */
function Refused({ error, isTouched }) {
  const { errors, message } = error;
  if (!isTouched && errors.length > 0) {
    return html`<p class="muted small">What the job needs appears here as you type. First: ${
      errors.map(({ path }) => path).join(", ")
    }.</p>`;
  }
  return errors.length === 0
    ? html`<p class="small" style=${{ color: "var(--bad)" }}>${message}</p>`
    : html`<ul class="small" style=${{ color: "var(--bad)" }}>${
      errors.slice(0, 6).map(({ path, message: what }) =>
        html`<li key=${path}><code>${path || "request"}</code> ${what}</li>`
      )
    }</ul>`;
}

function Estimate({ answer, error, isAsking, isTouched }) {
  const plan = answer?.plan;
  const { memory_bytes, machine_bytes, available_bytes, step_seconds } = plan?.estimate ?? {};
  const rows = plan && [
    ["Steps", grouped(plan.steps)],
    ["Time", step_seconds ? `about ${duration(step_seconds * plan.steps)}` : "–"],
    ["A step", step_seconds ? duration(step_seconds) : "–"],
    ["Parameters trained", compact(plan.trainable_parameters)],
    ["Of the base's", compact(plan.base_parameters)],
    ["Row tokens", `${number(plan.prompt_tokens.min)} to ${number(plan.prompt_tokens.max)}`],
    ...(plan.examples ? [["Examples", `${grouped(plan.examples.trained)}`]] : []),
  ];
  return html`<div class="panel" data-estimate aria-live="polite">
    <div class="row spread" style=${{ marginBottom: "8px" }}><h2>Estimate</h2>${
    isAsking && html`<span class="small muted">asking…</span>`
  }</div>
    ${
    plan && html`
      <div class="progress" style=${{ marginBottom: "12px" }}>
        <small><span>Memory ${bytes(memory_bytes)}</span><span>${machine_bytes
          ? `of ${bytes(machine_bytes)}`
          : ""}</span></small>
        <${Bar} share=${machine_bytes
          ? memory_bytes / machine_bytes
          : 0} status=${available_bytes !== undefined && memory_bytes > available_bytes
          ? "failed"
          : "running"} />
      </div>
      <dl class="estimate">${rows.flatMap((
        [name, value],
      ) => [html`<dt key=${name}>${name}</dt>`, html`<dd key=${`${name}v`}>${value}</dd>`])}</dl>
      ${available_bytes !== undefined && memory_bytes > available_bytes &&
        html`<p class="small" style=${{
          marginTop: "8px",
          color: "var(--warn)",
        }}>More than is free now: the job would wait.</p>`}
    `
  }
    ${error && html`<${Refused} error=${error} isTouched=${isTouched} />`}
    ${
    !plan && !error &&
    html`<p class="muted small">${
      isAsking ? "Asking the server…" : "What the job needs appears here as you type."
    }</p>`
  }
  </div>`;
}

function Form({ document, models, datasets, initial, isWhole }) {
  const variants = useMemo(() => requestVariants(document, "/v1/training-jobs", "kind"), [document]);
  const [request, setRequest] = useState(initial);
  const [mode, setMode] = useState("form");
  const [json, setJson] = useState("");
  const [jsonFault, setJsonFault] = useState(null);
  const [focus, setFocus] = useState(null);
  const [fault, setFault] = useState(null);
  const [isStarting, setStarting] = useState(false);
  const kind = variants.has(request.kind) ? request.kind : "ppo";
  const schema = variants.get(kind);
  const keys = Object.keys(schema.properties);
  const required = schema.required ?? [];
  const knobs = resolved(document, schema.properties[kind]).properties ?? {};
  const first = [
    ...FIRST.map((key) => [key]),
    ...FIRST_KNOBS.filter((key) => knobs[key]).map((key) => [kind, key]),
    ...LAST.map((key) => [key]),
  ].filter(([key]) => keys.includes(key));
  const dry = useDryRun(request);
  const touched = useRef(new Set());
  const set = (path, part) => {
    touched.current.add(path.join("."));
    setFault(null);
    setRequest((was) => withPart(was, path, part));
  };
  const controls = useMemo(() => ({
    model: known(models.map(({ id, status }) => [id, status]), "tiny"),
    dataset: known(datasets.map(({ id, name, rows }) => [id, `${name}, ${plural(rows, "row")}`]), "ds_…"),
    ...{ prompts: RowsField, examples: RowsField, preferences: RowsField },
  }), [models, datasets]);
  const errors = (fault ?? dry.error)?.errors ?? [];
  const ctx = {
    ...{
      document,
      value: request,
      set,
      controls,
      leaveOut: ["kind", ...first.map((path) => path.join("."))],
    },
    // Before anything was typed there is nothing wrong yet.
    errors: touched.current.size > 0 || fault ? errors : [],
    onFocus: (path, its) => setFocus({ path, text: its.description }),
  };
  const setKind = (next) => {
    const rows = ROWS[next];
    const { model, metadata, seed, [rows]: its, reward } = request;
    const kept = {
      model,
      metadata,
      seed,
      [rows]: its,
      ...(variants.get(next).properties.reward && { reward }),
    };
    setRequest({
      kind: next,
      ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
    });
    setFault(null);
  };
  const start = async (event) => {
    event.preventDefault();
    setStarting(true);
    try {
      go(to("jobs", (await post("/v1/training-jobs", request)).id));
    } catch (caught) {
      setFault(caught);
      setStarting(false);
    }
  };
  const toMode = (next) => {
    if (next === "json") setJson(JSON.stringify(request, null, 2));
    setJsonFault(null);
    setMode(next);
  };
  const typeJson = (text) => {
    setJson(text);
    try {
      const parsed = JSON.parse(text);
      if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
        throw new Error("Expected an object");
      }
      setRequest(parsed);
      setJsonFault(null);
    } catch (caught) {
      setJsonFault(caught.message);
    }
  };
  return html`
    <div class="head">
      <div>
        <h1>New job</h1>
      </div>
      <div class="row">
        <button type="button" class="button" onClick=${() => {
          setRequest(EXAMPLE_JOB);
          setJson(JSON.stringify(EXAMPLE_JOB, null, 2));
        }}>Fill in the example</button>
        <${Segments} label="Write it as" of=${[["form", "Form"], ["json", "JSON"], [
          "curl",
          "curl",
        ]]} value=${mode} onChange=${toMode} />
      </div>
    </div>
    ${!isWhole && html`
      <div class="notice warn" style=${{ marginBottom: "16px" }}>
        <div>Only the first ${MOST_ROWS} rows are in the form.</div>
      </div>
    `}
    <form class="new-grid" onSubmit=${start} noValidate>
      <div class="stack">
        ${mode === "form" && html`
          <div class="row">
            <${Segments} label="Kind" of=${[...variants.keys()].map((
              key,
            ) => [key, KIND_NAMES[key] ?? key])} value=${kind} onChange=${setKind} />
          </div>
          <div class="panel">
            <div class="fields">${first.map((path) =>
              html`
                <${Field} key=${`${kind}-${path}`} ctx=${ctx} name=${path.at(-1)} path=${path} schema=${path
                    .length > 1
                  ? knobs[path[1]]
                  : schema.properties[path[0]]}
                  isRequired=${required.includes(path[0]) || path[0] === ROWS[kind] && !request.dataset} />
              `
            )}</div>
          </div>
          <div class="panel">
            <h2 style=${{ marginBottom: "12px" }}>Everything else</h2>
            <div class="fields">
              <${Properties}
                key=${kind}
                ctx=${ctx}
                path=${[]}
                schema=${schema}
              />
            </div>
          </div>
        `}
        ${mode === "json" && html`<div class="field"><label for="json">The request</label>
          <textarea
            class="input mono"
            id="json"
            rows="28"
            spellcheck="false"
            value=${json}
            onInput=${(event) => typeJson(event.currentTarget.value)}
          ></textarea>${jsonFault && html`<span class="fault">${jsonFault}</span>`}</div>`}
        ${mode === "curl" && html`<${Code} text=${curlOf(request)} />`}
      </div>
      <aside class="stack">
        <${Estimate} ...${dry} isTouched=${touched.current.size > 0 || fault !== null || mode !== "form"} />
        ${mode === "form" && html`<div class="panel help-text">
          ${
          focus
            ? html`
              <h3><code>${focus.path.join(".")}</code></h3>
              <p class="small muted" style=${{ marginTop: "4px" }}>${focus.text ??
                "The reference page has more of it."}</p>
            `
            : html`
              <p
                class="small muted">What a field means is told here while you are in it. Fields that are left empty have their defaults.</p>
            `
        }
        </div>`}
        ${fault && html`<${Fault} error=${fault} />`}
        <button class="button main" disabled=${isStarting || jsonFault !== null}>${isStarting
          ? "Starting…"
          : "Start the job"}</button>
      </aside>
    </form>
  `;
}

export function NewJob({ query }) {
  const { data, error, reload } = useLoad(async (signal) => {
    const [document, models, datasets, copied] = await Promise.all([
      get("/openapi.json", {}, signal),
      get("/v1/models", { fine_tuned: false }, signal),
      list("/v1/datasets", { limit: 100 }, 200, signal),
      query.from ? copyOf(query.from, signal) : null,
    ]);
    const { model, dataset, checkpoint } = query;
    const given = Object.fromEntries(
      Object.entries({ model, dataset, checkpoint }).filter(([, value]) => value),
    );
    const usable = models.data.filter(({ task }) => task !== "sequence_classifier");
    const initial = copied?.request ??
      { kind: "ppo", ...(usable.length === 1 && { model: usable[0].id }), ...given };
    return { document, models: usable, datasets, initial, isWhole: copied?.isWhole ?? true };
  }, [query.from, query.model, query.dataset, query.checkpoint]);
  if (error) return html`<${Fault} error=${error} retry=${reload} />`;
  if (!data) {
    return html`
      <div class="head">
        <h1>New job</h1>
      </div>
      <${Skeleton} rows=${3} height=${160} gap=${16} />
    `;
  }
  return html`<${Form} ...${data} />`;
}
