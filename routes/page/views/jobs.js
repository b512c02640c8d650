/** All jobs: states, progress, and a selection whose curves are overlaid. */
import { useEffect, useRef, useState } from "preact/hooks";
import { get, post } from "../lib/api.js";
import { ago, duration, fixed, grouped, jobName, plural } from "../lib/format.js";
import { html } from "../lib/html.js";
import { changeQuery, go, to } from "../lib/router.js";
import { OVER } from "../lib/use_job.js";
import { Bar, Empty, Fault, More, Search, Segments, Skeleton, Status } from "../parts/parts.js";
import { curlOf, EXAMPLE_JOB } from "./example_job.js";

const PAGE = 100;
const EVERY_MS = 2500;
/** Jobs in the middle of the list that are asked for again in a round. */
const MOST_SINGLE = 20;

const STATUSES = [
  ["", "All"],
  ["running", "Running"],
  ["queued", "Queued"],
  ["paused", "Paused"],
  [
    "succeeded",
    "Succeeded",
  ],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
];

const KINDS = [["", "All kinds"], ["ppo", "PPO"], ["sft", "Fine-tuning"], ["reward_model", "Reward model"], [
  "evaluation",
  "Evaluation",
]];

/** The figure that a kind of job is about, what it is called, and its KL. */
const FIGURES = {
  ppo: ["reward", "objective/scores", "objective/kl"],
  sft: ["loss", "loss"],
  reward_model: ["accuracy", "accuracy"],
};

function figures(job) {
  if (job.kind === "evaluation") return ["reward", job.result?.reward.mean, job.result?.kl];
  const [name, ...keys] = FIGURES[job.kind];
  return [name, ...keys.map((key) => job.latest_metrics?.[key])];
}

function JobRow({ job, isPicked, onPick }) {
  const { progress } = job;
  const isOver = OVER.includes(job.status);
  const left = job.status === "running" && progress.eta_seconds !== null
    ? `${duration(progress.eta_seconds)} left`
    : isOver && job.started_at
    ? duration((Date.parse(job.finished_at) - Date.parse(job.started_at)) / 1000)
    : "";
  const [name, figure, kl] = figures(job);
  const tags = Object.entries(job.metadata).filter(([key]) => key !== "name").slice(0, 2);
  return html`
    <li class="job-item">
      <div class="job-row">
        <input
          type="checkbox"
          class="pick above"
          aria-label=${`Select ${jobName(job)}`}
          checked=${isPicked}
          onChange=${() => onPick(job.id)}
        />
        <div class="cut">
          <a class="cover name cut" data-row href=${to("jobs", job.id)}>${jobName(job)}</a>
          <div class="under cut"><span>${job.kind}</span>${Number.isFinite(figure) &&
            html`<span class="phone-figure">· ${name} ${fixed(figure)}</span>`}${tags.map(([key, value]) =>
              html`<span class="cut" key=${key}>· ${key} ${value}</span>`
            )}</div>
        </div>
        <span class="model muted cut">${job.model}</span>
        <span><${Status} of=${job.status} /></span>
        <div class="progress">
          <small><span>${progress.steps > 0
            ? `${grouped(progress.step)} / ${grouped(progress.steps)}`
            : "–"}</span><span>${left}</span></small>
          <${Bar} share=${progress.step / progress.steps} status=${job.status} />
        </div>
        <span class="number reward">${fixed(figure)}${name !== "reward" && Number.isFinite(figure)
          ? html`<small>${name}</small>`
          : null}</span>
        <span class="number kl">${fixed(kl, 2)}</span>
        <span class="number when muted small" title=${job.created_at}>${ago(job.created_at)}</span>
      </div>
    </li>
  `;
}

/** The list's jobs, grown by `more` and kept up to date. */
function useJobs(filter) {
  const [state, setState] = useState({ jobs: null, next: null, error: null, isLoading: true });
  const [turn, setTurn] = useState(0);
  const now = useRef(state);
  now.current = state;
  const key = JSON.stringify(filter);
  const change = (part) => setState((was) => now.current = { ...was, ...part });

  const gone = useRef(null);
  const loadPage = async (after) => {
    const { signal } = gone.current;
    change({ isLoading: true });
    try {
      const page = await get("/v1/training-jobs", { ...filter, limit: PAGE, after }, signal);
      const known = after ? now.current.jobs : [];
      const ids = new Set(known.map(({ id }) => id));
      change({
        ...{ jobs: [...known, ...page.data.filter(({ id }) => !ids.has(id))], error: null, isLoading: false },
        next: page.has_more ? page.next_cursor : null,
      });
    } catch (error) {
      if (!signal.aborted) change({ error, isLoading: false });
    }
  };

  /** The newest ones, and those further down that were not over yet. */
  const refresh = async (signal) => {
    const { jobs } = now.current;
    if (jobs === null || document.hidden) return;
    const newest = await get("/v1/training-jobs", { ...filter, limit: 20 }, signal);
    const fresh = new Map(newest.data.map((job) => [job.id, job]));
    const open = now.current.jobs.filter((job) => !OVER.includes(job.status) && !fresh.has(job.id));
    for (const { id } of open.slice(0, MOST_SINGLE)) {
      const job = await get(`/v1/training-jobs/${id}`, {}, signal).catch(() => null);
      if (job) fresh.set(id, job);
    }
    if (signal.aborted) return;
    const known = new Set(now.current.jobs.map(({ id }) => id));
    const added = newest.data.filter(({ id }) => !known.has(id));
    const kept = now.current.jobs.map((job) => fresh.get(job.id) ?? job)
      .filter((job) => !filter.status || job.status === filter.status);
    change({ jobs: [...added, ...kept], error: null });
  };

  useEffect(() => {
    gone.current = new AbortController();
    const { signal } = gone.current;
    change({ jobs: null, next: null });
    loadPage();
    let timer = 0;
    const round = async () => {
      await refresh(signal).catch((error) => signal.aborted || change({ error }));
      if (!signal.aborted) timer = setTimeout(round, EVERY_MS);
    };
    timer = setTimeout(round, EVERY_MS);
    return () => {
      clearTimeout(timer);
      gone.current.abort();
    };
  }, [key, turn]);

  return {
    ...state,
    more: () => now.current.next && !now.current.isLoading && loadPage(now.current.next),
    reload: () => setTurn((was) => was + 1),
  };
}

const matches = (job, text) =>
  [job.id, job.model, job.kind, job.status, ...Object.entries(job.metadata).flat()]
    .some((part) => part.toLowerCase().includes(text));

function FirstJob() {
  const [error, setError] = useState(null);
  const [isStarting, setStarting] = useState(false);
  const start = async () => {
    setStarting(true);
    try {
      go(to("jobs", (await post("/v1/training-jobs", EXAMPLE_JOB)).id));
    } catch (caught) {
      setError(caught);
      setStarting(false);
    }
  };
  return html`<${Empty} title="No jobs yet" code=${curlOf(EXAMPLE_JOB)}>
    <p>Teach the embedded model to answer with a question: it takes about half a minute, and its curves appear
      here as it learns. Or paste this into a shell.</p>
    <div class="row">
      <button type="button" class="button main" disabled=${isStarting} onClick=${start}>Start the example</button>
      <a class="button" href=${to("new")}>A job of your own</a>
    </div>
    ${error && html`<${Fault} error=${error} />`}
  <//>`;
}

export function Jobs({ query }) {
  const filter = { status: query.status, kind: query.kind };
  const { jobs, next, error, isLoading, more, reload } = useJobs(filter);
  const [text, setText] = useState("");
  const [picked, setPicked] = useState([]);
  const wanted = text.trim().toLowerCase();
  const shown = jobs?.filter((job) => wanted === "" || matches(job, wanted));
  // A search looks at all jobs, so the rest of them is brought.
  useEffect(() => {
    if (wanted !== "" && next && !isLoading) more();
  }, [wanted, next, isLoading]);
  const pick = (id) => setPicked((was) => was.includes(id) ? was.filter((one) => one !== id) : [...was, id]);
  const isFiltered = Boolean(query.status || query.kind);
  if (jobs?.length === 0 && !isFiltered && !error) {
    return html`
      <div class="head">
        <h1>Jobs</h1>
      </div>
      <div class="panel">
        <${FirstJob} />
      </div>
    `;
  }
  return html`
    <div class="head">
      <h1>Jobs</h1>
      <a class="button main" href=${to("new")}>New job</a>
    </div>
    <div class="row tools">
      <${Segments}
        label="Status"
        of=${STATUSES}
        value=${query.status ?? ""}
        onChange=${(status) => changeQuery({ status })}
      />
      <label><span class="hidden-text">Kind</span>
        <select class="input" value=${query.kind ?? ""} onChange=${(event) =>
          changeQuery({ kind: event.currentTarget.value })}>
          ${KINDS.map(([key, name]) =>
            html`<option key=${key} value=${key} selected=${key === (query.kind ?? "")}>${name}</option>`
          )}
        </select></label>
      <${Search} label="Search names, models, metadata" value=${text} onChange=${setText} />
    </div>
    ${error && html`<${Fault} error=${error} retry=${reload} />`}
    ${jobs === null && !error && html`
      <div class="list">
        <${Skeleton} rows=${10} height=${53} />
      </div>
    `}
    ${shown && shown.length === 0 && html`
      <div class="panel">
        <${Empty} title=${isLoading ? "Looking…" : "No job is like that"}>
          <p>${jobs.length > 0
            ? `None of ${plural(jobs.length, "job")} matches.`
            : "Other filters may find more."}</p>
          <button type="button" class="button" onClick=${() => {
            setText("");
            changeQuery({ status: "", kind: "" });
          }}>Clear the filters</button>
          <//>
          </div>
    `}
    ${shown && shown.length > 0 && html`
      <div class="list">
        <div class="columns-head item" aria-hidden="true">
          <div class="job-row">
          <span></span><span>Job</span><span class="model">Model</span><span>Status</span><span>Step</span>
          <span class="number reward">Reward</span><span class="number kl">KL</span><span class="number when">Created</span>
        </div>
        </div>
        <ul data-jobs>${shown.map((job) =>
          html`<${JobRow} key=${job.id} job=${job} isPicked=${picked.includes(job.id)} onPick=${pick} />`
        )}</ul>
      </div>
      ${next && html`<${More} onMore=${more} isLoading=${isLoading} />`}
    `}
    ${picked.length > 0 && html`
      <div class="selection">
        <span>${plural(picked.length, "job")} selected</span>
        <a class="button main" href=${to("jobs", picked[0], {
          with: picked.slice(1).join(),
        })}>${picked.length > 1 ? "Overlay their curves" : "Open"}</a>
        <button type="button" class="button plain" onClick=${() => setPicked([])}>Clear</button>
      </div>
    `}
  `;
}
