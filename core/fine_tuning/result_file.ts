/** A job's metrics as the CSV that OpenAI calls its result file: those that OpenAI names first, then all of ours, a line a step. */
import { and, eq, gte, inArray, lte } from "drizzle-orm";
import type { Database } from "../db/open_database.ts";
import { type JobRow, metrics } from "../db/schema.ts";
import type { Metrics } from "../contract/progress.ts";
import { listMetrics, metricNames } from "../jobs/job_queries.ts";

/** OpenAI's columns by the metrics that fill them. */
const COLUMNS: Partial<Record<JobRow["kind"], Readonly<Record<string, string>>>> = {
  sft: {
    train_loss: "loss",
    train_accuracy: "token_accuracy",
    valid_loss: "held_out/loss",
    valid_mean_token_accuracy: "held_out/token_accuracy",
  },
  ppo: { train_mean_reward: "objective/raw_scores", valid_mean_reward: "eval/avg_reward" },
};

/** Steps that are read at once. */
const STEPS = 500;

const cell = (value: unknown) => typeof value === "number" && Number.isFinite(value) ? String(value) : "";

/** A name as CSV has it. */
const quoted = (name: string) => /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;

/** The file's parts. */
export async function* resultFile(db: Database, { id, kind }: JobRow): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const first = COLUMNS[kind] ?? {};
  const rest = await metricNames(db, id, "step");
  yield encoder.encode(["step", ...Object.keys(first), ...rest].map(quoted).join(",") + "\n");
  for (let after = 0, more = true; more;) {
    const { rows, has_more } = await listMetrics(db, id, { scope: "step", limit: STEPS, after });
    more = has_more;
    if (rows.length === 0) return;
    const measured = await measuredAt(db, id, rows[0]!.step, rows.at(-1)!.step);
    const lines = rows.map(({ step, metrics: own }) => {
      const all: Metrics = { ...measured.get(step), ...own };
      return [
        step,
        ...Object.values(first).map((name) => cell(all[name])),
        ...rest.map((name) => cell(own[name])),
      ]
        .join(",") + "\n";
    });
    yield encoder.encode(lines.join(""));
    after = rows.at(-1)!.step;
  }
}

/** What was measured on other data after steps. */
async function measuredAt(db: Database, id: string, from: number, to: number) {
  const rows = await db.read.select().from(metrics).where(and(
    eq(metrics.job_id, id),
    inArray(metrics.scope, ["epoch", "evaluation"]),
    gte(metrics.step, from),
    lte(metrics.step, to),
  ));
  const measured = new Map<number, Metrics>();
  for (const { step, metrics: values } of rows) measured.set(step, { ...measured.get(step), ...values });
  return measured;
}
