/** Files of rows for jobs: sent, looked at, deleted. */
import { useRef, useState } from "preact/hooks";
import { get, list, remove, send } from "../lib/api.js";
import { ago, bytes, grouped, plural } from "../lib/format.js";
import { html } from "../lib/html.js";
import { go, to } from "../lib/router.js";
import { useLoad } from "../lib/use_load.js";
import { Code, Empty, Fault, More, Skeleton, Sure } from "../parts/parts.js";

const FORMATS = { jsonl: "jsonl", ndjson: "jsonl", csv: "csv", parquet: "parquet" };

function Send({ onSent }) {
  const input = useRef(null);
  const [error, setError] = useState(null);
  const [isSending, setSending] = useState(null);
  const [isOver, setOver] = useState(false);
  const sendFile = async (file) => {
    if (!file) return;
    setError(null);
    setSending(file.name);
    try {
      const [, end] = /\.(\w+)$/.exec(file.name) ?? [];
      const query = new URLSearchParams({ name: file.name, format: FORMATS[end?.toLowerCase()] ?? "jsonl" });
      const response = await send(`/v1/datasets?${query}`, {
        method: "POST",
        body: file,
        headers: { "content-type": "application/octet-stream" },
      });
      onSent(await response.json());
    } catch (caught) {
      setError(caught);
    }
    setSending(null);
  };
  return html`
    <div
      class="panel drop ${isOver ? "over" : ""}"
      onDragOver=${(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave=${() => setOver(false)}
      onDrop=${(event) => {
        event.preventDefault();
        setOver(false);
        sendFile(event.dataTransfer.files[0]);
      }}
    >
        <div class="row spread">
          <p class="muted">${isSending
            ? `Sending ${isSending}…`
            : "Drop a JSONL, CSV or Parquet file here, with a column for each field: prompt, completion, chosen, rejected."}</p>
          <button type="button" class="button" disabled=${isSending !== null} onClick=${() =>
            input.current.click()}>Choose a file</button>
          <input
            ref=${input}
            type="file"
            hidden
            aria-label="File of rows"
            accept=".jsonl,.ndjson,.csv,.parquet"
            onChange=${(event) => {
              sendFile(event.currentTarget.files[0]);
              event.currentTarget.value = "";
            }}
          />
        </div>
        ${error && html`
          <div style=${{ marginTop: "12px" }}>
            <${Fault} error=${error} />
          </div>
        `}
      </div>
  `;
}

const curl = () =>
  `printf '%s\\n' '{"prompt":"POST: A cat.\\nTL;DR:"}' >cats.jsonl
curl -T cats.jsonl -X POST -H 'content-type: application/jsonl' '${location.origin}/v1/datasets?name=cats'`;

export function Datasets() {
  const { data, error, reload } = useLoad((signal) => list("/v1/datasets", { limit: 100 }, 1000, signal), []);
  return html`
    <div class="head">
      <h1>Datasets</h1>
    </div>
    <div class="stack">
      <${Send} onSent=${({ id }) => go(to("datasets", id))} />
      ${error && html`<${Fault} error=${error} retry=${reload} />`}
      ${data === null && !error && html`
        <div class="list">
          <${Skeleton} rows=${3} height=${62} />
        </div>
      `}
      ${data?.length === 0 && html`
        <div class="panel">
          <${Empty} title="No datasets yet" code=${curl()}>
            <p>Rows that are sent once and used by many jobs: prompts, examples or preferences.</p>
            <//>
            </div>
      `}
      ${data?.length > 0 && html`<ul class="list">${
        data.map((dataset) =>
          html`
            <li key=${dataset.id}>
              <div class="row spread"><a class="cover" data-row href=${to(
                "datasets",
                dataset.id,
              )}><strong>${dataset.name}</strong></a>
                        <span class="small muted">${ago(dataset.created_at)}</span></div>
              <p
                class="facts-line"><span>${plural(dataset.rows, "row")}</span><span>${dataset
                  .format}</span><span>${bytes(dataset.bytes)}</span><span class="cut">${dataset.columns.join(
                    ", ",
                  )}</span></p>
            </li>
          `
        )
      }</ul>`}
    </div>
  `;
}

const PAGE = 50;

function Rows({ id }) {
  const [rows, setRows] = useState([]);
  const [next, setNext] = useState(null);
  const first = useLoad(async (signal) => {
    const page = await get(`/v1/datasets/${id}/rows`, { limit: PAGE }, signal);
    setRows(page.data);
    setNext(page.has_more ? page.next_cursor : null);
    return page;
  }, [id]);
  const [isLoading, setLoading] = useState(false);
  const more = async () => {
    if (isLoading || next === null) return;
    setLoading(true);
    try {
      const page = await get(`/v1/datasets/${id}/rows`, { limit: PAGE, after: next });
      setRows((was) => [...was, ...page.data]);
      setNext(page.has_more ? page.next_cursor : null);
    } finally {
      setLoading(false);
    }
  };
  if (first.error) return html`<${Fault} error=${first.error} retry=${first.reload} />`;
  if (!first.data) return html`<${Skeleton} rows=${5} height=${60} />`;
  return html`<${Code} text=${rows.map((row) => JSON.stringify(row.row ?? row, null, 2)).join("\n")} />
    ${next !== null && html`<${More} onMore=${more} isLoading=${isLoading} />`}`;
}

export function Dataset({ id }) {
  const { data, error, reload } = useLoad((signal) => get(`/v1/datasets/${id}`, {}, signal), [id]);
  const [fault, setFault] = useState(null);
  if (error) return html`<${Fault} error=${error} retry=${reload} />`;
  if (!data) return html`<${Skeleton} rows=${2} height=${64} gap=${16} />`;
  return html`
    <div class="head">
      <div>
        <div
          class="crumbs"><a href=${to(
            "datasets",
          )}>Datasets</a><span>/</span><span class="mono cut">${id}</span></div>
        <h1>${data.name}</h1>
        <p class="facts-line"><span>${grouped(data.rows)} rows</span><span>${data.format}</span><span>${bytes(
          data.bytes,
        )}</span>
          <span>${data.columns.join(", ")}</span></p>
      </div>
      <div class="row">
        <a class="button main" href=${to("new", { dataset: id })}>Train on it</a>
        <${Sure} label="Delete" sure="Delete for good?" onClick=${() =>
          remove(`/v1/datasets/${id}`).then(() => go(to("datasets")), setFault)} />
      </div>
    </div>
    ${fault && html`
      <div style=${{ marginBottom: "16px" }}>
        <${Fault} error=${fault} />
      </div>
    `}
    <${Rows} id=${id} />
  `;
}
