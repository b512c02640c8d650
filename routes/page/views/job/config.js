/** What the job was asked to do, every default filled in, and the rows it works on. */
import { list } from "../../lib/api.js";
import { grouped } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useLoad } from "../../lib/use_load.js";
import { Code, Fault, Skeleton } from "../../parts/parts.js";

const FIRST_ROWS = 20;

const isPlain = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** A configuration as rows of a path and its value. */
function flat(value, path = "") {
  if (!isPlain(value) || Object.keys(value).length === 0) return [[path, value]];
  return Object.entries(value).flatMap(([key, part]) => flat(part, path ? `${path}.${key}` : key));
}

const written = (value) => typeof value === "string" ? value : JSON.stringify(value);

export function Config({ job }) {
  const { data, error, reload } = useLoad(
    (signal) => list(`/v1/training-jobs/${job.id}/rows`, { limit: FIRST_ROWS }, FIRST_ROWS, signal),
    [job.id],
  );
  return html`<div class="stack">
    <div class="panel scroll" style=${{ padding: 0 }}>
      <table data-config>
        <tr><th>Setting</th><th>Value</th></tr>
        ${
    flat(job.config).map(([path, value]) =>
      html`
        <tr key=${path}>
          <td class="muted"><code>${path}</code></td>
          <td style=${{ overflowWrap: "anywhere" }}><code>${written(value)}</code></td>
        </tr>
      `
    )
  }
      </table>
    </div>
    <h2>The first of ${grouped(job.rows.count)} ${job.rows.field}${
    job.rows.dataset ? ` of ${job.rows.dataset}` : ""
  }</h2>
    ${error && html`<${Fault} error=${error} retry=${reload} />`}
    ${data === null && !error && html`<${Skeleton} rows=${4} height=${40} />`}
    ${data && html`<${Code} text=${data.map(({ row }) => JSON.stringify(row)).join("\n")} />`}
  </div>`;
}
