/** A job's checkpoints, with their files. */
import { useState } from "preact/hooks";
import { download } from "../../lib/api.js";
import { bytes, dateTime, number } from "../../lib/format.js";
import { html } from "../../lib/html.js";
import { to } from "../../lib/router.js";
import { Empty, Fault } from "../../parts/parts.js";

const FIGURES = {
  ppo: [["reward", "avg_reward"], ["KL", "kl_div"], ["eval", "eval/avg_reward"]],
  sft: [["loss", "loss"], ["held out", "held_out/loss"]],
  reward_model: [["accuracy", "accuracy"], ["held out", "held_out/accuracy"]],
};

function File({ checkpoint, file }) {
  const [error, setError] = useState(null);
  const save = () =>
    download(`/v1/checkpoints/${checkpoint.id}/files/${file.name}`, file.name).then(
      () => setError(null),
      setError,
    );
  return html`<span><button type="button" class="button tiny" title=${`SHA-256 ${file.sha256}`} onClick=${save}>${file.name}
    <span class="muted">${bytes(file.bytes)}</span></button>${
    error && html`<${Fault} error=${error} />`
  }</span>`;
}

export function Checkpoints({ job, checkpoints }) {
  if (checkpoints.length === 0) {
    return html`
      <div class="panel">
        <${Empty} title="No checkpoints yet">
          <p>Each epoch leaves one, and so does a pause.</p>
          <//>
          </div>
    `;
  }
  return html`<ul class="list" data-checkpoints>
    ${
    checkpoints.toReversed().map((checkpoint) =>
      html`
        <li key=${checkpoint.id}>
          <div class="row spread">
            <div class="row">
                    <strong>Step ${checkpoint.step}</strong>
                    ${checkpoint.id === job.best_checkpoint && html`<span class="status good">best</span>`}
                    <span class="facts-line"><span>epoch ${checkpoint.epoch}</span><span>${checkpoint
                      .reason}</span>${(FIGURES[job.kind] ?? []).filter(([, name]) =>
                        checkpoint.metrics[name] !== undefined
                      ).map((
                        [label, name],
                      ) =>
                        html`<span key=${name}>${label} ${number(checkpoint.metrics[name])}</span>`
                      )}<span>${dateTime(checkpoint.created_at)}</span></span>
                  </div>
            <div class="row">
                    ${job.kind !== "reward_model" &&
                      html`<a class="button tiny" href=${
                        to("playground", { job: job.id, checkpoint: checkpoint.id })
                      }>Playground</a>`}
                    <a class="button tiny" href=${to("new", {
                      model: job.model,
                      checkpoint: checkpoint.id,
                    })}>Train from it</a>
                  </div>
          </div>
          <code class="muted">${checkpoint.id}</code>
          <div class="row" style=${{ marginTop: "6px" }}>${checkpoint.files.map((file) =>
            html`<${File} key=${file.name} checkpoint=${checkpoint} file=${file} />`
          )}</div>
        </li>
      `
    )
  }
  </ul>`;
}
