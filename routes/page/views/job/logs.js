/** The engines that were started for the job, and what they and the server said. */
import { get } from "../../lib/api.js";
import { dateTime, duration } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { OVER } from "../../lib/use_job.js";
import { useLoad } from "../../lib/use_load.js";
import { Code, Empty, Fault, Skeleton } from "../../parts/parts.js";

/** A log line, whose own form is JSON, for people. */
function readable({ time, attempt, line }) {
  const at = time.slice(11, 19);
  try {
    const { level, message, msg } = JSON.parse(line);
    if (message ?? msg) return `${at}  ${attempt}  ${(level ?? "").padEnd(5)} ${message ?? msg}`;
  } catch { /* Not every line is JSON. */ }
  return `${at}  ${attempt}  ${line}`;
}

function Attempts({ job }) {
  return html`<ul class="list" data-attempts>
    ${
    job.attempts.toReversed().map(({ attempt, started_at, ended_at, error }) =>
      html`<li key=${attempt}>
        <div class="row spread"><strong>Attempt ${attempt}</strong>
          <span class="small muted">${dateTime(started_at)} · ${
        ended_at ? duration((Date.parse(ended_at) - Date.parse(started_at)) / 1000) : "running"
      }</span></div>
        ${error && html`<p class="small"><code>${error.code}</code> ${error.detail}</p>`}
      </li>`
    )
  }
  </ul>`;
}

export function Logs({ job }) {
  const { data, error, reload } = useLoad(
    (signal) => get(`/v1/training-jobs/${job.id}/logs`, { tail: 300 }, signal),
    [job.id],
    OVER.includes(job.status) ? null : 3000,
  );
  return html`<div class="stack">
    ${job.attempts.length > 0 && html`<${Attempts} job=${job} />`}
    ${error && html`<${Fault} error=${error} retry=${reload} />`}
    ${data === null && !error && html`<${Skeleton} rows=${6} height=${22} />`}
    ${data && data.data.length > 0 && html`<${Code} text=${data.data.map(readable).join("\n")} />`}
    ${
    data?.data.length === 0 && job.attempts.length === 0 &&
    html`
      <div class="panel">
        <${Empty} title="No engine was started yet" />
      </div>
    `
  }
  </div>`;
}
