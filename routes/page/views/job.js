/** A job: what it is and does, and tabs for all that belongs to it. */
import { useEffect, useState } from "preact/hooks";
import { post, remove } from "../lib/api.js";
import { ago, dateTime, duration, grouped, jobName, number, percent, runSeconds } from "../lib/format.js";
import { html } from "../lib/html.js";
import { go, to } from "../lib/router.js";
import { OVER, useJob } from "../lib/use_job.js";
import { Bar, Fault, Skeleton, Status, Sure } from "../parts/parts.js";
import { Checkpoints } from "./job/checkpoints.js";
import { Config } from "./job/config.js";
import { Curves } from "./job/curves.js";
import { Logs } from "./job/logs.js";
import { Result } from "./job/result.js";
import { Rollouts } from "./job/rollouts.js";
import { Tokens } from "./job/tokens.js";
import { Warnings } from "./job/warnings.js";
import { Webhooks } from "./job/webhooks.js";

/** What is known of a job in a few numbers, by its kind: name, metric, how it is written. */
const FIGURES = {
  ppo: [
    ["Reward", "objective/scores", number],
    ["KL", "objective/kl", number],
    ["Entropy", "policy/entropy_avg", number],
    ["Length", "response_len/mean", number],
    ["Clipped", "policy/clipfrac_avg", percent],
    ["Tokens / s", "tokens_per_second", (value) => grouped(Math.round(value))],
  ],
  sft: [["Loss", "loss", number], ["Perplexity", "perplexity", number], [
    "Held-out loss",
    "held_out/loss",
    number,
  ]],
  reward_model: [["Accuracy", "accuracy", percent], ["Loss", "loss", number], ["Margin", "margin", number], [
    "Held-out accuracy",
    "held_out/accuracy",
    percent,
  ]],
  evaluation: [],
};

/** The tabs: address, text, whom they are for. */
const TABS = [
  ["result", "Result", ({ job }) => job.kind === "evaluation"],
  ["", "Curves", ({ job }) => job.kind !== "evaluation"],
  ["rollouts", "Rollouts", ({ job }) => job.kind === "ppo"],
  ["checkpoints", "Checkpoints", ({ job }) => job.kind !== "evaluation"],
  ["warnings", "Warnings", () => true],
  ["config", "Configuration", () => true],
  ["webhooks", "Webhook", () => true],
  ["logs", "Attempts and log", () => true],
];

function Facts({ job, metrics }) {
  const figures = FIGURES[job.kind].filter(([, name]) => metrics.has(name));
  if (figures.length === 0) return null;
  return html`<dl class="facts panel">
    ${
    figures.map(([label, name, write]) => {
      const [first, last] = [metrics.first(name), metrics.last(name)];
      return html`
        <div key=${name}>
          <dt>${label}</dt>
          <dd>${write(last)} ${metrics.steps.length > 1 &&
            html`<small title="At the first step">from ${write(first)}</small>`}</dd>
        </div>
      `;
    })
  }
  </dl>`;
}

function Actions({ job, reload }) {
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const act = async (work) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (caught) {
      setError(caught);
    }
    setBusy(false);
  };
  const verb = (name) => () =>
    act(async () => {
      await post(`/v1/training-jobs/${job.id}/${name}`);
      reload();
    });
  const isOver = OVER.includes(job.status);
  return html`
    <div class="row">
      ${job.checkpoint && job.kind !== "evaluation" && job.kind !== "reward_model" && html`
        <a
          class="button"
          href=${to("playground", { job: job.id, checkpoint: job.checkpoint })}
        >Playground</a>
      `}
      ${["running", "queued"].includes(job.status) && html`
        <button
          type="button"
          class="button"
          disabled=${isBusy}
          onClick=${verb("pause")}
        >Pause</button>
      `}
      ${job.status === "paused" && html`
        <button
          type="button"
          class="button main"
          disabled=${isBusy}
          onClick=${verb("resume")}
        >Resume</button>
      `}
      <a class="button" href=${to("new", { from: job.id })}>Start another like it</a>
      ${!isOver && html`<${Sure} label="Cancel" sure="Cancel the job?" onClick=${verb("cancel")} />`}
      ${isOver && html`<${Sure} label="Delete" sure="Delete for good?" onClick=${() =>
        act(async () => {
          await remove(`/v1/training-jobs/${job.id}`);
          go(to("jobs"));
        })} />`}
    </div>
    ${error && html`
      <div style=${{ flexBasis: "100%" }}>
        <${Fault} error=${error} />
      </div>
    `}
  `;
}

function Head({ job, isLive, reload }) {
  const { progress } = job;
  const isOver = OVER.includes(job.status);
  const seconds = runSeconds(job);
  return html`
    <div class="head">
      <div>
        <div
          class="crumbs"><a href=${to("jobs")}>Jobs</a><span>/</span><span class="mono cut">${job
            .id}</span></div>
        <div class="row"><h1 class="cut">${jobName(job)}</h1><${Status} of=${job.status} />
          ${isLive && html`<span class="small muted" data-live>live</span>`}</div>
        <p class="muted small"
          style=${{ marginTop: "4px" }}>${job.kind} on ${job.model}${job.config.checkpoint
            ? ` from ${job.config.checkpoint}`
            : ""} · ${grouped(job.rows.count)} ${job.rows.field} · created <span title=${dateTime(
              job.created_at,
            )}>${ago(job.created_at)}</span></p>
      </div>
      <${Actions} job=${job} reload=${reload} />
    </div>
    <div class="progress" style=${{ marginBottom: "16px" }}>
      <small>
        <span>Step ${grouped(progress.step)} of ${grouped(progress.steps)}, epoch ${grouped(
          progress.epoch,
        )} of ${grouped(progress.epochs)}</span>
        <span>${isOver
          ? (seconds === null ? "" : `took ${duration(seconds)}`)
          : progress.eta_seconds === null
          ? ""
          : `${duration(progress.eta_seconds)} left`}</span>
      </small>
      <${Bar} share=${progress.step / progress.steps} status=${job.status} />
    </div>
  `;
}

function Told({ tone, what }) {
  return html`
    <div class="notice ${tone}" style=${{ marginBottom: "16px" }} role="status">
      <div><strong>${what.code.replaceAll("_", " ")}</strong><div>${what.detail}</div></div>
    </div>
  `;
}

export function Job({ id, parts, query, theme }) {
  const it = useJob(id);
  const { job, metrics, warnings, checkpoints, error, reload, isLive } = it;
  useEffect(() => {
    if (job) document.title = `${jobName(job)} · Proximal`;
  }, [job?.id]);
  if (!job || !metrics || !warnings || !checkpoints) {
    return error ? html`<${Fault} error=${error} retry=${reload} />` : html`
      <${Skeleton} height=${72} gap=${24} rows=${2} />
      <div class="charts">${Array.from(
        { length: 6 },
        (_, at) => html`<${Skeleton} key=${at} height=${218} />`,
      )}</div>
    `;
  }
  const shown = TABS.filter(([, , isFor]) => isFor(it));
  const given = parts[0] ?? "";
  const tab = shown.some(([key]) => key === given) ? given : shown[0][0];
  if (tab === "rollouts" && parts[1]) {
    return html`<${Tokens} job=${job} rolloutId=${parts[1]} query=${query} theme=${theme} />`;
  }
  const counts = { warnings: warnings.length, checkpoints: checkpoints.length };
  return html`
    <${Head} job=${job} isLive=${isLive} reload=${reload} />
    ${error && html`
      <div style=${{ marginBottom: "16px" }}>
        <${Fault} error=${error} retry=${reload} />
      </div>
    `}
    ${job.error && html`<${Told} tone="bad" what=${job.error} />`}
    ${job.status_reason && html`<${Told} tone="warn" what=${job.status_reason} />`}
    ${job.stopped && html`
      <div class="notice" style=${{ marginBottom: "16px" }}>
        <div>${stoppedText(job.stopped)}</div>
      </div>
    `}
    <${Facts} job=${job} metrics=${metrics} />
    <nav class="tabs" style=${{ marginTop: "16px" }} aria-label="Of this job">
      ${shown.map(([key, text]) =>
        html`<a key=${key} href=${
          key ? to("jobs", id, key) : to("jobs", id, { with: query.with })
        } aria-current=${key === tab ? "page" : undefined}>${text}${
          counts[key] > 0 &&
          html`<span class="count ${key === "warnings" ? "warn" : ""}">${grouped(counts[key])}</span>`
        }</a>`
      )}
    </nav>
    ${tab === "" && html`<${Curves} ...${it} theme=${theme} query=${query} />`}
    ${tab === "result" && html`<${Result} job=${job} />`}
    ${tab === "rollouts" && html`<${Rollouts} job=${job} query=${query} />`}
    ${tab === "checkpoints" && html`<${Checkpoints} job=${job} checkpoints=${checkpoints} />`}
    ${tab === "warnings" && html`<${Warnings} warnings=${warnings} />`}
    ${tab === "config" && html`<${Config} job=${job} />`}
    ${tab === "webhooks" && html`<${Webhooks} job=${job} />`}
    ${tab === "logs" && html`<${Logs} job=${job} />`}
  `;
}

function stoppedText(stopped) {
  const { metric, reason } = stopped;
  return `Stopped early${metric ? `: ${metric} got no better` : reason ? `: ${reason}` : ""}.`;
}
