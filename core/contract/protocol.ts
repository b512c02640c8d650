/**
 * What the API process and an engine process say to each other: one JSON object per line, commands on the
 * engine's stdin, messages on its stdout. A remote worker speaks the same. The engine knows no database and no
 * URL of ours: folders in, events out. It stops when its stdin closes.
 */
import type { ErrorRecord } from "../errors.ts";
import type { TrainingJobConfig } from "./ppo_job.ts";
import type {
  GenerationDelta,
  GenerationRequest,
  GenerationResult,
  ScoreRequest,
  ScoreResult,
} from "./requests.ts";

/** A command; `id` is the sender's and comes back on every message about it. */
export type Command =
  /** Tokenises and checks everything a job needs and answers a `JobPlan`; loads no weights. */
  | { id: string; type: "check"; job: TrainingJobConfig; folders: JobFolders }
  /** Trains; answers with events, then a `TrainingSummary`. Checkpoints go below `folders.output`. */
  | ({ id: string; type: "train" } & TrainRequest)
  /**
   * With `stream`, completions come as `deltas` events and not in the result. `tokens` adds each token's text. `each`
   * are the folders of each prompt, all of one model, where prompts name checkpoints of their own.
   */
  | {
    id: string;
    type: "generate";
    request: GenerationRequest;
    folders: ModelFolders;
    each?: ModelFolders[];
    tokens?: boolean;
  }
  | { id: string; type: "score"; request: ScoreRequest; folders: ModelFolders }
  /** Writes a checkpoint's policy as the folder `output`, in another program's layout. */
  | { id: string; type: "export"; format: ExportFormat; folders: ModelFolders; output: string }
  /** Opens the runtime where the process is to compute: fails with what is in the way. */
  | { id: string; type: "probe" }
  /**
   * Ends the train command `target` after the step that runs, by a checkpoint to resume from and a summary that says
   * `paused`. One that has done no step since it began ends without a checkpoint. Acts at once, and needs no answer
   * beside that of `target`.
   */
  | { id: string; type: "pause"; target: string }
  /** Stops the command `target` at the next token or step; that command then fails with code `cancelled`. */
  | { id: string; type: "cancel"; target: string }
  /** Lets everything go that no command uses; acts at once. */
  | { id: string; type: "trim" };

/**
 * `merged`: full weights and the files beside them, as transformers loads them. `onnx`: what goes into that folder's
 * `onnx/` for runtimes of ONNX models.
 */
export const EXPORT_FORMATS = ["merged", "onnx"] as const;

export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Folders are resolved by the API process; the engine never searches. */
export interface ModelFolders {
  model: string;
  /** A checkpoint folder of ours (adapter and value head, or full weights). */
  checkpoint?: string;
  /** A PEFT adapter folder. */
  adapter?: string;
  /** Folder of each model a `model` reward names, by that name. */
  rewards: Record<string, string>;
}

export type JobFolders = ModelFolders;

export interface TrainRequest {
  job: TrainingJobConfig;
  folders: JobFolders & { output: string };
  /**
   * Checkpoint folders to continue from, newest first. The first that is whole, and of this job and these base files, is
   * taken; without one the job begins at its first step.
   */
  resume?: string[];
  /** In (0, 1], 1 unless said: micro-batches are cut as if the machine had this share of its memory. */
  memory_share?: number;
}

export type Result =
  | JobPlan
  | TrainingSummary
  | GenerationResult
  | ScoreResult
  | { files: CheckpointFile[] }
  | null;

export type Message =
  | { type: "ready"; pid: number }
  /** Every second, while nothing keeps the process from saying it. */
  | { type: "alive" }
  /** Before a command works by what a model folder holds, which may have no end; and null after it. */
  | { id: string; type: "text"; work: FolderWork | null }
  | { id: string; type: "event"; event: EngineEvent }
  | { id: string; type: "result"; result: Result }
  | { id: string; type: "error"; error: ErrorRecord };

/** Texts of a request through a template and a tokenizer, or what may take longer: reading a folder's files. */
export type FolderWork = "texts" | "folder";

/** What a job will do, known before anything is loaded. */
export interface JobPlan {
  steps: number;
  steps_per_epoch: number;
  prompt_tokens: { min: number; mean: number; max: number };
  trainable_parameters: number;
  base_parameters: number;
  estimate: Pick<JobEstimate, "memory_bytes"> & Partial<JobEstimate>;
}

/** Bytes, by what takes them. */
export interface MemoryParts {
  /** The program, its heap and its graphs. */
  process: number;
  weights: number;
  /** Matrices once more, in the order that sampling reads them, or with an adapter merged in. */
  reordered: number;
  reward_models: number;
  /** Trained parameters: with gradients and two moments, and where they started if that is kept. */
  trained: number;
  /** Keys and values of the rows that are sampled. */
  cache: number;
  /** The largest run's values between inputs and outputs, logits among them. */
  activations: number;
}

export interface JobCost {
  memory_bytes: number;
  memory: MemoryParts;
  /** Floating-point operations of one step's products. */
  step_flops: number;
  /** Bytes of weights that sampling reads in one step. */
  step_reads: number;
}

export interface JobEstimate extends JobCost {
  /** What the machine has in all, and what is free of it now. */
  machine_bytes: number;
  available_bytes: number;
  /** By the rates of a large product and of reading on this machine; in the answer to a check only. */
  step_seconds?: number;
}

/** Where a job is: numbers of the last step that is done and of its epoch, both from 1; 0 before the first. */
export interface Progress {
  epoch: number;
  epochs: number;
  step: number;
  steps: number;
  episodes: number;
  tokens: number;
  /** Seconds until the last step, from the mean of the steps so far; null before the first. */
  eta_seconds: number | null;
}

/** Metrics keep the field's names (ppo-spec §17): `objective/kl`, `policy/clipfrac_avg`, `time/rollout_s`, … */
export type Metrics = Record<string, number>;

/** What the trainer yields. It names no job, row or URL. Epochs and steps are counted from 1. */
export type TrainingEvent =
  | {
    type: "started";
    plan: JobPlan;
    progress: Progress;
    /** The step that the checkpoint was written after, and where it is; null for a job that begins at its first step. */
    resumed: { step: number; folder: string } | null;
    /** Folders to continue from that were passed over: damaged, or of another job or base. */
    damaged: string[];
  }
  | { type: "step"; progress: Progress; metrics: Metrics; samples: Sample[] }
  /** `metrics` always has policy_loss, value_loss, kl_div and avg_reward beside the means of the step metrics. */
  | { type: "epoch"; epoch: number; progress: Progress; metrics: Metrics }
  | {
    type: "checkpoint";
    reason: CheckpointReason;
    /** The epoch that the step is of. */
    epoch: number;
    step: number;
    folder: string;
    /** Those that are for anybody; what only resuming needs is not among them. */
    files: CheckpointFile[];
    /** The epoch's means; those of its steps so far where it has not ended. */
    metrics: Metrics;
  }
  /** After the step that it is about. */
  | { type: "warning" } & Warning;

/** `epoch`: an epoch has ended. `steps`: the job asks for one every so many steps. `pause`: it was paused. */
export type CheckpointReason = "epoch" | "steps" | "pause";

/** Something about a job that somebody should look at; it goes on. */
export interface Warning {
  /** A code of `core/kinds/ppo/step_watch.ts`, or `no_stop_tokens`. */
  code: string;
  /** What is wrong, with figures, and what helps. */
  detail: string;
  /** What it was seen by. */
  figures: Record<string, number>;
  step: number;
}

/** What a streaming generation says while it decodes: the pieces of one step, at most one of each completion. */
export interface GenerationEvent {
  type: "deltas";
  deltas: GenerationDelta[];
}

export type EngineEvent = TrainingEvent | GenerationEvent;

/** How many rollouts of a step an event shows, at most. */
export const STEP_SAMPLES = 4;

/** One rollout of a step, for people to read. */
export interface Sample {
  prompt: string;
  completion: string;
  score: number;
}

export interface CheckpointFile {
  name: string;
  bytes: number;
  sha256: string;
}

export interface TrainingSummary {
  progress: Progress;
  metrics: Metrics;
  /** Whether it ended by a `pause`, with steps left. */
  paused?: true;
}
