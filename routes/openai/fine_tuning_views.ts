/** Jobs and checkpoints as OpenAI's clients see them. */
import { z } from "@hono/zod-openapi";
import { component } from "../../core/contract/component.ts";
import type { FineTuneMethod } from "../../core/contract/fine_tune_rows.ts";
import { fineTunedName } from "../../core/contract/fine_tuned_name.ts";
import type { JobStatus } from "../../core/contract/job_states.ts";
import { isFinal } from "../../core/contract/job_states.ts";
import type { CheckpointRow, FineTuneRow, JobRow } from "../../core/db/schema.ts";
import type { FineTune } from "../../core/fine_tuning/fine_tune.ts";
import { requestPath } from "./fine_tuning_request.ts";
import { openaiId } from "./ids.ts";
import { unixSeconds } from "./unix_time.ts";

const STATUSES = [
  "validating_files",
  "queued",
  "running",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
] as const;

type Status = (typeof STATUSES)[number];

/** Of a training job. */
const OF_JOB: Record<JobStatus, Status> = {
  queued: "queued",
  running: "running",
  pausing: "running",
  paused: "paused",
  cancelling: "running",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
};

/** Of what is no training job yet. */
const OF_REQUEST: Record<FineTuneRow["status"], Status> = {
  validating: "validating_files",
  paused: "paused",
  failed: "failed",
  cancelled: "cancelled",
  created: "queued",
};

const seconds = z.int().nullable();

export const fineTuningJobSchema = z.object({
  object: z.literal("fine_tuning.job").describe("What this is."),
  id: z.string().describe("Names the job in paths."),
  model: z.string().describe("The model that is trained."),
  created_at: z.int().describe("Seconds since 1970, as all times."),
  finished_at: seconds.describe("When it came to its end; null until then."),
  fine_tuned_model: z.string().nullable().describe(
    "Its name once the job has succeeded, or while it is paused.",
  ),
  organization_id: z.string().describe("The same for all: there are no organizations here."),
  result_files: z.array(z.string()).describe("The file with its metrics, once it has succeeded."),
  status: z.enum(STATUSES).describe("Where it is in its life; succeeded, failed and cancelled are final."),
  validation_file: z.string().nullable().describe("Id of the file that is measured and not trained on."),
  training_file: z.string().describe("Of a job of POST /v1/training-jobs: its dataset, or nothing."),
  hyperparameters: z.record(z.string(), z.unknown()).nullable().describe("Of supervised jobs."),
  trained_tokens: z.int().nullable().describe("Tokens that were sampled or learned; null until it is over."),
  error: z.object({
    code: z.string().describe("For programs."),
    message: z.string().describe("For people."),
    param: z.string().nullable().describe("The key of the request that is at fault."),
  }).nullable().describe("Why it failed; null unless it did."),
  seed: z.int().describe("What everything is drawn by."),
  estimated_finish: seconds.describe("When it may be done; null where nothing can be said."),
  integrations: z.array(z.unknown()).describe("Always empty."),
  metadata: z.record(z.string(), z.string()).nullable().describe("The request's own texts."),
  method: z.record(z.string(), z.unknown()).describe("How it is trained, as the request has it."),
  user_provided_suffix: z.string().nullable().describe("The request's suffix."),
}).meta(component("FineTuningJob"));

export type FineTuningJobView = z.output<typeof fineTuningJobSchema>;

/** There are no organizations here. */
const ORGANIZATION = "org-proximal";

function statusOf({ request, job }: FineTune): Status {
  return job ? OF_JOB[job.status] : OF_REQUEST[request!.status];
}

/** What a job of our own API shows in place of what OpenAI's request would have said. */
function shownOf(
  job: JobRow,
): { method: Record<string, unknown>; hyperparameters: Record<string, unknown> | null } {
  const { config } = job;
  if (config.kind === "sft") {
    const hyperparameters = {
      ...{ n_epochs: config.epochs, batch_size: config.sft.batch_size, learning_rate_multiplier: 1 },
    };
    return { method: { type: "supervised", supervised: { hyperparameters } }, hyperparameters };
  }
  if (config.kind !== "ppo") throw new TypeError(`Expected a job of kind ppo or sft, got ${config.kind}`);
  const { ppo, reward, epochs } = config;
  return {
    method: {
      type: "reinforcement",
      reinforcement: {
        grader: reward.type === "grader" ? reward.grader : { type: "proximal", reward },
        hyperparameters: {
          ...{ n_epochs: epochs, batch_size: ppo.batch_size, learning_rate_multiplier: 1 },
          ...{ compute_multiplier: ppo.rollouts_per_prompt / 4, reasoning_effort: "default" },
        },
      },
    },
    hyperparameters: null,
  };
}

function errorOf({ request, job }: FineTune): FineTuningJobView["error"] {
  if (job) return job.error && { code: job.error.code, message: job.error.detail, param: null };
  const error = request!.error;
  return error &&
    { ...error, param: error.param && requestPath(request!.method as FineTuneMethod, error.param) };
}

/** The name of the model that a job has come to. */
function modelOf(job: JobRow | null): string | null {
  if (!job?.checkpoint || !["succeeded", "paused"].includes(job.status)) return null;
  return fineTunedName(job, job.checkpoint);
}

function estimatedFinish(job: JobRow | null): number | null {
  const eta = job?.status === "running" ? job.progress.eta_seconds : null;
  return eta === null ? null : Math.ceil(Date.now() / 1000 + eta);
}

/** A job. */
export function fineTuningJobView(one: FineTune): FineTuningJobView {
  const { id, request, job } = one;
  const shown = request?.shown as ReturnType<typeof shownOf> & { seed: number } | undefined;
  const { method, hyperparameters } = shown ?? shownOf(job!);
  const metadata = job?.metadata ?? request!.metadata;
  return {
    object: "fine_tuning.job",
    id: openaiId("job", id),
    model: request?.model ?? job!.model,
    created_at: unixSeconds(request?.created_at ?? job!.created_at),
    finished_at: unixSeconds(job ? job.finished_at : request!.finished_at),
    fine_tuned_model: modelOf(job),
    organization_id: ORGANIZATION,
    result_files: request?.result_file != null ? [openaiId("file", request.result_file)] : [],
    status: statusOf(one),
    validation_file: request?.validation_file != null ? openaiId("file", request.validation_file) : null,
    training_file: request ? openaiId("file", request.training_file) : job!.config.dataset ?? "",
    hyperparameters,
    trained_tokens: job && isFinal(job.status) ? job.progress.tokens : null,
    error: errorOf(one),
    seed: shown?.seed ?? (job!.config as { seed: number }).seed,
    estimated_finish: estimatedFinish(job),
    integrations: [],
    metadata: Object.keys(metadata).length > 0 ? metadata : null,
    method,
    user_provided_suffix: request ? request.suffix : job!.suffix,
  };
}

export const fineTuningCheckpointSchema = z.object({
  object: z.literal("fine_tuning.job.checkpoint").describe("What this is."),
  id: z.string().describe("Names the checkpoint."),
  created_at: z.int().describe("Seconds since 1970."),
  fine_tuned_model_checkpoint: z.string().describe("Its name, wherever a model is named."),
  fine_tuning_job_id: z.string().describe("The job that wrote it."),
  step_number: z.int().describe("The step that it was written after, from 1."),
  metrics: z.record(z.string(), z.number()).describe("Of its epoch so far, by the names that events have."),
}).meta(component("FineTuningCheckpoint"));

/** OpenAI's names of metrics by ours. */
const METRICS: Partial<Record<JobRow["kind"], Readonly<Record<string, string>>>> = {
  sft: {
    train_loss: "loss",
    train_mean_token_accuracy: "token_accuracy",
    valid_loss: "held_out/loss",
    valid_mean_token_accuracy: "held_out/token_accuracy",
    full_valid_loss: "held_out/loss",
    full_valid_mean_token_accuracy: "held_out/token_accuracy",
  },
  ppo: { train_mean_reward: "objective/raw_scores", full_valid_mean_reward: "eval/avg_reward" },
};

/** A checkpoint. */
export function fineTuningCheckpointView(
  row: CheckpointRow,
  job: JobRow,
): z.output<typeof fineTuningCheckpointSchema> {
  const measured = Object.entries(METRICS[job.kind] ?? {}).map(([theirs, ours]) =>
    [theirs, row.metrics[ours]] as const
  )
    .filter((entry): entry is readonly [string, number] => typeof entry[1] === "number");
  return {
    object: "fine_tuning.job.checkpoint",
    id: openaiId("checkpoint", row.id),
    created_at: unixSeconds(row.created_at),
    fine_tuned_model_checkpoint: fineTunedName(job, row.id),
    fine_tuning_job_id: openaiId("job", row.job_id),
    step_number: row.step,
    metrics: { step: row.step, ...Object.fromEntries(measured) },
  };
}
