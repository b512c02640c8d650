/** What happens to a job, as OpenAI's events tell it: a message for people, and metrics by the names that scripts read. */
import { z } from "@hono/zod-openapi";
import { component } from "../../core/contract/component.ts";
import type { FineTuneMethod } from "../../core/contract/fine_tune_rows.ts";
import type { Note } from "../../core/contract/fine_tune.ts";
import { type Grader, singleGraders } from "../../core/contract/graders/grader_schema.ts";
import type { JobEventType } from "../../core/contract/job_events.ts";
import type { Metrics, Progress } from "../../core/contract/progress.ts";
import type { EventRow, JobRow } from "../../core/db/schema.ts";
import { requestPath } from "./fine_tuning_request.ts";
import { openaiId } from "./ids.ts";
import { unixSeconds } from "./unix_time.ts";

export const fineTuningEventSchema = z.object({
  object: z.literal("fine_tuning.job.event").describe("What this is."),
  id: z.string().describe("Names the event; for after."),
  created_at: z.int().describe("Seconds since 1970."),
  level: z.enum(["info", "warn", "error"]).describe("How bad it is."),
  message: z.string().describe("For people."),
  type: z.enum(["message", "metrics"]).describe("metrics: data has a step's numbers."),
  data: z.record(z.string(), z.unknown()).nullable().describe(
    "Of metrics: the numbers. Of errors: the code.",
  ),
}).meta(component("FineTuningEvent"));

export type FineTuningEvent = z.output<typeof fineTuningEventSchema>;

type Told = Partial<Pick<FineTuningEvent, "level" | "type" | "data">> & { message: string };

type Data = Record<string, unknown>;

/** What each of our events is told as. */
const TOLD: Record<JobEventType, (data: Data, job: JobRow) => Told> = {
  "training_job.queued": () => ({ message: "Files validated, moving job to queued state" }),
  "training_job.started": () => ({ message: "Fine-tuning job started" }),
  "training_job.attempt.started": ({ attempt, step }) => ({
    message: `Attempt ${attempt} of the job continues after step ${step}`,
  }),
  "training_job.step.completed": stepEvent,
  "training_job.evaluation.completed": ({ step, metrics }) => {
    const reward = (metrics as Metrics)["eval/avg_reward"];
    return { message: `Evaluated after step ${step}: full validation mean reward=${shown(reward)}` };
  },
  "training_job.epoch.completed": epochEvent,
  "training_job.checkpoint.created": ({ checkpoint }) => ({
    message: `Checkpoint created at step ${(checkpoint as { step: number }).step}`,
  }),
  "training_job.warning": ({ code, detail }) => ({
    level: "warn",
    message: String(detail),
    data: { warning_code: code },
  }),
  "training_job.cancelling": () => ({ message: "Fine-tuning job is being cancelled" }),
  "training_job.requeued": ({ reason }) => ({ level: "warn", message: `Job is queued again: ${reason}` }),
  "training_job.pausing": () => ({ message: "Fine-tuning job is being paused" }),
  "training_job.paused": () => ({ message: "Fine-tuning job was paused" }),
  "training_job.resumed": () => ({ message: "Fine-tuning job was resumed, moving job to queued state" }),
  "training_job.succeeded": () => ({ message: "The job has successfully completed" }),
  "training_job.failed": ({ error }) => {
    const { code, detail } = error as { code: string; detail: string };
    return { level: "error", message: detail, data: { error_code: code, error_param: null } };
  },
  "training_job.cancelled": () => ({ message: "Fine-tuning job was cancelled" }),
};

/** An event of the job's. */
export function eventView(row: EventRow, job: JobRow): FineTuningEvent {
  const { level = "info", type = "message", data = null, message } = TOLD[row.type](row.data, job);
  return {
    object: "fine_tuning.job.event",
    id: openaiId("event", row.id),
    created_at: unixSeconds(row.created_at),
    ...{ level, message, type, data },
  };
}

/** What was said before there was a training job. */
export function noteView({ id, at, level, message, data }: Note, method: FineTuneMethod): FineTuningEvent {
  const param = data?.error_param;
  const named = typeof param === "string" ? { error_param: requestPath(method, param) } : {};
  return {
    object: "fine_tuning.job.event",
    id: openaiId("event", id),
    created_at: unixSeconds(new Date(at)),
    ...{ level, message, type: "message", data: data ? { ...data, ...named } : null },
  };
}

const shown = (value: unknown) => typeof value === "number" ? String(Number(value.toFixed(4))) : "none";

/** The entries that have a number. */
function numbers(values: Record<string, number | null | undefined>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  );
}

function stepEvent(data: Data, job: JobRow): Told {
  const { step, steps } = data.progress as Progress;
  const metrics = data.metrics as Metrics;
  const counted = { step, total_steps: steps };
  return job.kind === "ppo" ? rewardStep(metrics, counted, job) : lossStep(metrics, counted);
}

interface Counted {
  step: number;
  total_steps: number;
}

function lossStep(metrics: Metrics, counted: Counted): Told {
  const { loss, token_accuracy } = metrics;
  return {
    message: `Step ${counted.step}/${counted.total_steps}: training loss=${shown(loss)}`,
    type: "metrics",
    data: { ...counted, ...numbers({ train_loss: loss, train_mean_token_accuracy: token_accuracy }) },
  };
}

/** Of a supervised job the validation file is measured where an epoch ends. */
function epochEvent({ epoch, progress, metrics }: Data, job: JobRow): Told {
  const { epochs, step, steps } = progress as Progress;
  const { "held_out/loss": loss, "held_out/token_accuracy": accuracy } = metrics as Metrics;
  const message = `Epoch ${epoch}/${epochs} completed`;
  if (job.kind !== "sft" || typeof loss !== "number") return { message };
  return {
    message: `${message}: full validation loss=${shown(loss)}`,
    type: "metrics",
    data: {
      ...{ step, total_steps: steps, valid_loss: loss, full_valid_loss: loss },
      ...numbers({ valid_mean_token_accuracy: accuracy, full_valid_mean_token_accuracy: accuracy }),
    },
  };
}

/** The kinds of errors that graders may have, by whether a row was trained on or measured. */
function rewardStep(metrics: Metrics, counted: Counted, job: JobRow): Told {
  const reward = metrics["objective/raw_scores"];
  const valid = metrics["eval/avg_reward"];
  const length = metrics["response_len/mean"];
  const graders = gradersOf(job);
  const named = <T extends object>(of: (term: string) => T) =>
    graders.map(({ name, type, term }) => ({ name, type, ...of(term) }));
  const rollouts = rolloutsOf(job);
  const message = `Step ${counted.step}/${counted.total_steps} , train mean reward=${shown(reward)}` +
    (typeof valid === "number" ? `, full validation mean reward=${shown(valid)}` : "");
  return {
    message,
    type: "metrics",
    data: {
      ...counted,
      ...numbers({
        train_mean_reward: reward,
        full_valid_mean_reward: valid,
        completion_tokens_mean: length,
      }),
      ...numbers({ valid_completion_tokens_mean: metrics["eval/length"] }),
      // Nothing here reasons apart from its answer, and a row without a reward has one of 0.
      ...{ reasoning_tokens_mean: 0, valid_reasoning_tokens_mean: 0, mean_unresponsive_rewards: 0 },
      mean_parse_error: (metrics["reward/grader/failed/sample_parse_error"] ?? 0) / rollouts,
      scores: {
        ...numbers({ train_reward_mean: reward, valid_reward_mean: valid }),
        graders: named((term) =>
          numbers({
            train_reward_mean: metrics[`reward/${term}/mean`],
            valid_reward_mean: metrics[`eval/reward/${term}`],
          })
        ),
      },
      timing: {
        step: numbers({
          sampling: metrics["time/rollout_s"],
          training: metrics["time/train_s"],
          eval: metrics["time/evaluate_s"],
          full_iteration: metrics["time/step_s"],
        }),
        graders: named((term) => {
          const seconds = metrics[`reward/${term}/seconds`];
          return numbers({
            train_execution_latency_mean: typeof seconds === "number" ? seconds / rollouts : null,
          });
        }),
      },
      errors: { graders: named((term) => errorsOf(metrics, term, rollouts)) },
      usage: { graders: [], samples: { train_samples: rollouts } },
    },
  };
}

/** How many of a step's rows failed, by kind: `train_sample_parse_error_count` and `_mean`. */
function errorsOf(metrics: Metrics, term: string, rollouts: number): Record<string, number> {
  const start = `reward/${term}/failed/`;
  return Object.fromEntries(
    Object.entries(metrics).filter(([name]) => name.startsWith(start)).flatMap(([name, count]) => {
      const kind = name.slice(start.length).replace(/_error$/, "");
      return [[`train_${kind}_error_count`, count ?? 0], [
        `train_${kind}_error_mean`,
        (count ?? 0) / rollouts,
      ]];
    }),
  );
}

function rolloutsOf({ config }: JobRow): number {
  return "ppo" in config ? config.ppo.batch_size * config.ppo.rollouts_per_prompt : 1;
}

/** The graders of a job, and what its metrics call each: those of a multi grader, or the one there is. */
function gradersOf({ config }: JobRow): { name: string; type: string; term: string }[] {
  const reward = "reward" in config ? config.reward : null;
  if (reward?.type !== "grader") return [];
  const { grader } = reward as { grader: Grader };
  return [...singleGraders(grader)].map(([key, one]) => ({
    name: one.name ?? (key || one.type),
    type: one.type,
    term: key === "" ? "grader" : `grader.${key}`,
  }));
}
