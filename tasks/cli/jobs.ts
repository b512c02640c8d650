/** Lists jobs, and shows one. */
import { jobPath, type Json } from "./client.ts";
import type { Command } from "./command.ts";
import { EXIT } from "./exit_codes.ts";
import { plain, short, table } from "./terminal.ts";

const DEFAULT_LIMIT = 20;

export const jobs: Command = {
  words: "[JOB]",
  what: "List jobs, newest first, or show one",
  takes: [0, 1],
  options: {
    status: { type: "string", value: "STATUS", what: "only jobs in this state" },
    kind: { type: "string", value: "KIND", what: "only jobs of this kind" },
    model: { type: "string", value: "MODEL", what: "only jobs of this model" },
    metadata: {
      type: "string",
      multiple: true,
      value: "KEY=VALUE",
      what: "only jobs with this; may be repeated",
    },
    "created-after": { type: "string", value: "TIME", what: "only later ones, such as 2026-01-31T12:00:00Z" },
    "created-before": { type: "string", value: "TIME", what: "only earlier ones" },
    limit: { type: "string", value: "N", what: `how many at most (${DEFAULT_LIMIT})` },
  },
  async run({ client, terminal, words: [id], options, json }) {
    if (id !== undefined) {
      const job = await client.call("GET", jobPath(id));
      if (json) terminal.json(job);
      else for (const line of described(job)) terminal.print(line);
      return EXIT.done;
    }
    const query = new URLSearchParams();
    for (const name of ["status", "kind", "model", "created-after", "created-before"]) {
      const value = options.text(name);
      if (value !== undefined) query.set(name.replace("-", "_"), value);
    }
    for (const pair of options.texts("metadata")) query.append("metadata", pair);
    const limit = options.number("limit") ?? DEFAULT_LIMIT;
    const found: Json[] = [];
    for await (const job of client.pages(`/v1/training-jobs?${query}`, Math.min(100, Math.max(1, limit)))) {
      if (found.push(job) >= limit) break;
    }
    if (json) terminal.json(found);
    else if (found.length === 0) terminal.note("no such jobs");
    else {
      const head = ["job", "status", "kind", "model", "step", "reward", "created"];
      for (const line of table([head, ...found.map(row)])) terminal.print(line);
    }
    return EXIT.done;
  },
};

function row(job: Json): string[] {
  const { id, status, kind, model, progress: { step, steps }, latest_metrics, created_at } = job;
  const reward = short(latest_metrics?.["objective/scores"]);
  return [
    id,
    status,
    kind,
    plain(model),
    `${step}/${steps}`,
    reward,
    created_at.slice(0, 16).replace("T", " "),
  ];
}

function described(job: Json): string[] {
  const { progress, error, status_reason, stopped } = job;
  const told = (what: string, { code, detail }: Json) => [`${what}: ${code}, ${plain(detail)}`];
  return [
    `${job.id}: ${job.kind} of ${plain(job.model)}, ${job.status}`,
    `step ${progress.step} of ${progress.steps}, epoch ${progress.epoch} of ${progress.epochs}`,
    ...(error ? told("error", error) : []),
    ...(status_reason ? told("because", status_reason) : []),
    ...(stopped ? told("stopped early", stopped) : []),
    ...Object.entries(job.metadata).map(([key, value]) => `${plain(key)}: ${plain(value)}`),
    ...(job.checkpoint ? [`checkpoint ${job.checkpoint}`] : []),
    ...(job.best_checkpoint ? [`best checkpoint ${job.best_checkpoint}`] : []),
    ...Object.entries(job.latest_metrics ?? {}).map(([name, value]) => `  ${name} ${short(value)}`),
  ];
}
