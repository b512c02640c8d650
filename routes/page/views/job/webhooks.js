/** What was sent to the job's own webhook, and what became of it. */
import { useState } from "preact/hooks";
import { get, list, post } from "../../lib/api.js";
import { ago, dateTime } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { useLoad } from "../../lib/use_load.js";
import { Code, Empty, Fault, Skeleton, Status } from "../../parts/parts.js";

const MOST = 200;

function Delivery({ path, delivery, reload }) {
  const [body, setBody] = useState(null);
  const [error, setError] = useState(null);
  const { status, type, attempts, response_status, latency_ms, next_attempt_at } = delivery;
  const show = async () => {
    try {
      setBody(body ? null : JSON.stringify(JSON.parse((await get(`${path}/${delivery.id}`)).body), null, 2));
    } catch (caught) {
      setError(caught);
    }
  };
  const again = async () => {
    try {
      await post(`${path}/${delivery.id}/redeliver`);
      reload();
    } catch (caught) {
      setError(caught);
    }
  };
  return html`<li>
    <div class="row spread">
      <div class="row"><${Status} of=${status} /><strong>${type ?? "unknown"}</strong></div>
      <div class="row">
        <button type="button" class="button tiny" aria-expanded=${
    String(body !== null)
  } onClick=${show}>Body</button>
        <button type="button" class="button tiny" onClick=${again}>Send again</button>
      </div>
    </div>
    <p class="facts-line">
      <span>${ago(delivery.created_at)}</span>
      <span>${attempts} ${attempts === 1 ? "try" : "tries"}</span>
      ${response_status !== null && html`<span>answered ${response_status} in ${latency_ms} ms</span>`}
      ${delivery.error && html`<span>${delivery.error}</span>`}
      ${status === "pending" && next_attempt_at && html`<span>next ${dateTime(next_attempt_at)}</span>`}
    </p>
    ${error && html`<${Fault} error=${error} />`}
    ${body && html`<${Code} text=${body} />`}
  </li>`;
}

export function Webhooks({ job }) {
  const path = `/v1/training-jobs/${job.id}/deliveries`;
  const { data, error, reload } = useLoad(
    (signal) => list(path, { limit: 100 }, MOST, signal),
    [job.id],
    job.config.webhook ? 4000 : null,
  );
  if (error) return html`<${Fault} error=${error} retry=${reload} />`;
  if (data === null) return html`<${Skeleton} rows=${4} height=${60} />`;
  if (data.length === 0) {
    return html`
      <div class="panel">
        <${Empty} title=${job.config.webhook
          ? "Nothing was sent yet"
          : "The job has no webhook"} code=${job.config.webhook
          ? null
          : `"webhook": { "url": "https://example.com/hook" }`}>
          <p>${job.config.webhook
            ? "Each event goes here when it is sent, with what the receiver answered."
            : "A job that is started with one tells it of every epoch, checkpoint, warning and of its end. Here would be what was sent and what the receiver answered."}</p>
          <//>
          </div>
    `;
  }
  return html`
    <p class="muted small" style=${{ marginBottom: "12px" }}>To ${job.config.webhook?.url ??
      data[0].destination}</p>
    <ul class="list" data-deliveries>${data.map((delivery) =>
      html`<${Delivery} key=${delivery.id} path=${path} delivery=${delivery} reload=${reload} />`
    )}</ul>
  `;
}
