/** A job's curves, those of others over them, with its warnings and checkpoints marked. */
import { useMemo, useState } from "preact/hooks";
import { list } from "../../lib/api.js";
import { jobName } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { changeQuery } from "../../lib/router.js";
import { OVER, useOtherJobs } from "../../lib/use_job.js";
import { useLoad } from "../../lib/use_load.js";
import { Chart } from "../../parts/chart.js";
import { Empty, Search } from "../../parts/parts.js";
import { curveGroups } from "./curve_groups.js";

const COLORS = ["--line-1", "--line-2", "--line-3", "--line-4", "--line-5", "--line-6"];

/** Groups that are there from the start; the rest is shown when it is asked for. */
const REST = "Everything else";

function marksOf({ warnings, checkpoints, job }) {
  const best = job.best_checkpoint;
  return [
    ...checkpoints.map(({ id, step, epoch, reason }) => ({
      ...{ kind: "checkpoint", step, isBest: id === best },
      tip: `${id === best ? "Best checkpoint" : "Checkpoint"} after step ${step}\nepoch ${epoch}, ${reason}`,
    })),
    ...warnings.map(({ data: { code, detail, step } }) => ({
      ...{ kind: "warning", step },
      tip: `Warning at step ${step}: ${code}\n${detail.length > 160 ? `${detail.slice(0, 160)}…` : detail}`,
    })),
  ];
}

/** Jobs whose curves may be laid over these. */
function Overlay({ job, ids }) {
  const { data } = useLoad(
    (signal) => list("/v1/training-jobs", { kind: job.kind, limit: 100 }, 100, signal),
    [job.kind],
  );
  const options = (data ?? []).filter(({ id }) => id !== job.id && !ids.includes(id));
  return html`<label><span class="hidden-text">Overlay another job</span>
    <select
      class="input"
      disabled=${ids.length >= COLORS.length - 1 || options.length === 0}
      value=""
      onChange=${(event) => changeQuery({ with: [...ids, event.currentTarget.value].join() })}
    >
      <option value="">Overlay a job…</option>
      ${
    options.map((other) =>
      html`<option key=${other.id} value=${other.id}>${jobName(other)} (${other.status})</option>`
    )
  }
    </select></label>`;
}

export function Curves({ job, metrics, warnings, checkpoints, version, theme, query }) {
  const ids = (query.with ?? "").split(",").filter((id) => id && id !== job.id).slice(0, COLORS.length - 1);
  const others = useOtherJobs(ids);
  const [smoothing, setSmoothing] = useState(null);
  const [isLog, setLog] = useState(false);
  const [text, setText] = useState("");
  const [hasRest, setRest] = useState(false);
  const marks = useMemo(() => marksOf({ warnings, checkpoints, job }), [
    warnings,
    checkpoints,
    job.best_checkpoint,
  ]);
  const weight = smoothing ?? (metrics.steps.length > 80 ? 0.6 : 0);
  if (metrics.steps.length === 0) {
    return html`
      <div class="panel">
        <${Empty} title=${OVER.includes(job.status) ? "The job did no step" : "The first step is on its way"}>
          <p>${job.status === "queued"
            ? "The job waits for its turn. Its curves begin here with the first step."
            : "Curves begin here with the first step that is done."}</p>
          <//>
          </div>
    `;
  }
  const all = [{ id: job.id, job, metrics }, ...others];
  const isAlone = ids.length === 0;
  const lines = (names) =>
    isAlone
      ? names.map((name, at) => ({
        label: names.length > 1 ? name.replace("time/", "").replace("_s", "") : name,
        color: COLORS[at % COLORS.length],
        xs: metrics.steps,
        ys: metrics.values(name),
      }))
      : all.flatMap(({ id, job: its, metrics: table }) =>
        names.filter((name) => table.has(name)).map((name) => ({
          label: jobName(its),
          color: COLORS[id === job.id ? 0 : 1 + ids.indexOf(id)],
          xs: table.steps,
          ys: table.values(name),
        }))
      );
  const wanted = text.trim().toLowerCase();
  const groups = curveGroups(job.kind, metrics, isAlone).map(({ title, charts }) => ({
    title,
    charts: charts.filter((chart) =>
      wanted === ""
        ? title !== REST || hasRest
        : [chart.title, ...chart.names].some((name) => name.toLowerCase().includes(wanted))
    ),
  }));
  const count = curveGroups(job.kind, metrics, isAlone).find(({ title }) => title === REST)?.charts.length ??
    0;
  const otherVersion = others.reduce((sum, { metrics: table }) => sum + table.steps.length, 0);
  return html`
    <div class="row spread tools">
      <div class="row" style=${{ flex: "1" }}>
        <${Search} label="Find a metric" value=${text} onChange=${setText} />
        <${Overlay} job=${job} ids=${ids} />
      </div>
      <div class="row" style=${{ gap: "16px" }}>
        <label class="small">Smooth <input
          type="range"
          min="0"
          max="0.98"
          step="0.02"
          value=${weight}
          onInput=${(event) => setSmoothing(Number(event.currentTarget.value))}
        /></label>
        <label class="small"><input type="checkbox" checked=${isLog} onChange=${() =>
          setLog(!isLog)} /> Log scale</label>
      </div>
    </div>
    ${!isAlone && html`<div class="row" style=${{ marginBottom: "16px" }}>
      ${
      all.map(({ id, job: its }) =>
        html`<span class="chip" key=${id}><i class="swatch" style=${{
          "--swatch": `var(${COLORS[id === job.id ? 0 : 1 + ids.indexOf(id)]})`,
        }}></i>${jobName(its)}${
          id !== job.id && html`
            <button
              type="button"
              class="button plain tiny"
              style=${{ padding: "0 2px", height: "20px" }}
              aria-label=${`Leave out ${jobName(its)}`}
              onClick=${() => changeQuery({ with: ids.filter((one) => one !== id).join() })}
            >×</button>
          `
        }</span>`
      )
    }
    </div>`}
    ${marks.length > 0 && html`<p class="marks-key">
      ${checkpoints.length > 0 && html`<span><i class="checkpoint"></i>checkpoint</span>`}
      ${warnings.length > 0 && html`<span><i></i>warning</span>`}
    </p>`}
    ${groups.filter(({ charts }) => charts.length > 0).map(({ title, charts }) =>
      html`
        <section class="group" key=${title} style=${title === "Objective" ? { marginTop: "12px" } : {}}>
          <h2>${title}</h2>
          <div class="charts">
                  ${charts.map((chart) =>
                    html`
                      <${Chart}
                        key=${chart.title}
                        title=${chart.title}
                        name=${chart.names[0]}
                        hint=${chart.hint}
                        lines=${lines(chart.names)}
                        marks=${marks}
                        isNamed=${isAlone}
                        smoothing=${weight}
                        isLog=${isLog}
                        version=${version + otherVersion}
                        theme=${theme}
                      />
                    `
                  )}
                </div>
        </section>
      `
    )}
    ${wanted !== "" && groups.every(({ charts }) => charts.length === 0) &&
      html`
        <div class="panel">
          <${Empty} title="No metric is called that" />
        </div>
      `}
    ${wanted === "" && count > 0 &&
      html`<div class="row" style=${{ justifyContent: "center", marginTop: "24px" }}>
      <button type="button" class="button" onClick=${() => setRest(!hasRest)}>${
        hasRest ? "Show fewer" : `Show ${count} more metrics`
      }</button></div>`}
  `;
}
