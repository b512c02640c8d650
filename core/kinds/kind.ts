/** What the engine has to know of a kind of job: the columns of the table in kinds.ts. */
import type { z } from "zod";
import type { AdapterSpec } from "../../kernels/models/adapter_spec.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import type { Target } from "../../kernels/nn/numerics.ts";
import type { jobFields } from "../contract/job.ts";
import type { JobPlan } from "../contract/job_plan.ts";
import type { JobFolders, TrainFolders } from "../contract/protocol.ts";
import type { Ask } from "../contract/engine_question.ts";
import type { TrainingEvent, TrainingSummary } from "../contract/training_events.ts";
import type { FolderConfig } from "../formats/read_config.ts";
import type { AskReward } from "../rewards/asked_reward.ts";
import type { Runtime } from "../ort/runtime.ts";
import type { Replicas } from "../replicas/replicas.ts";
import type { TextWork } from "../serve/text_work.ts";
import type { TextTokenizer } from "../tokenizer/tokenizer.ts";
import type { Counters, TrainSignals } from "../train/step_loop.ts";
import type { Resumable } from "../train/training_state.ts";
import type { MetricNames } from "./check_watched.ts";
import type { CheckpointPlace } from "./job_checkpoints.ts";
import type { JobCost, JobEstimate } from "./job_cost.ts";

type JobFields = z.output<z.ZodObject<typeof jobFields>>;

/** What of them only jobs that train have. */
type TrainingFields = "trainable" | "epochs" | "keep" | "early_stop" | "replicas";

/** What jobs of all kinds have. */
export type AnyJob =
  & { kind: string }
  & Omit<JobFields, TrainingFields>
  & Partial<Pick<JobFields, TrainingFields>>;

/** What decides the cost of any job beside its fields. */
export interface CostShape {
  model: ModelConfig;
  /** What the policy's adapter is, where it continues from one. */
  adapter?: AdapterSpec;
  threads: number;
  /** What it runs on; the CPU by default. */
  target?: Target;
  /** What its runs may take of what they otherwise would; 1 by default. */
  memoryShare?: number;
}

/** The model that a job trains, checked against the job by headers alone. */
export interface CheckedModel {
  info: FolderConfig;
  tokenizer: TextTokenizer;
  /** The layers of the adapter that the job continues from. */
  adapter: AdapterSpec | undefined;
}

/** What a kind's own plan comes to. */
export interface KindPlan<Work, Shape> {
  /** What the job works on, ready for its steps. */
  work: Work;
  steps_per_epoch: number;
  promptTokens: JobPlan["prompt_tokens"];
  /** What else the plan tells of what the job works on. */
  examples?: JobPlan["examples"];
  trainable_parameters: number;
  /** What decides the cost beside `CostShape`. */
  shape: Shape;
}

/** A job that has been planned: what it will do and need, and what its run would else have to read again. */
export interface PlannedJob<Work> extends Omit<CheckedModel, "adapter"> {
  plan: JobPlan & { estimate: JobEstimate };
  work: Work;
}

/** A change that makes jobs of a kind need less, by the field that it changes. */
export interface SmallerJob<Job> {
  path: string;
  /** The job with the change; null where there is nothing left to change. */
  change(job: Job): Job | null;
}

export interface RunContext<Work, State extends Counters> extends TrainSignals {
  planned: PlannedJob<Work>;
  /** What its runs may take of what they otherwise would. */
  memoryShare: number;
  /** The checkpoint to continue from, and folders that were passed over. */
  earlier: { found: Resumable<State> | null; damaged: string[] };
  /** To be called once everything is loaded. @throws {UserError} when a file is another than the planned one's */
  checkVersions(): Promise<void>;
  /** Where its checkpoints go and what they name; makes the folder, and begins to hash the files that the job reads. */
  checkpointPlace(): Promise<CheckpointPlace>;
  text: TextWork;
  /** Asks for scores that are worked out elsewhere. */
  ask?: AskReward;
  /** Asks the server that samples a job's rollouts. */
  askRollouts?: Ask;
  /** Those that train together. */
  replicas: Replicas;
}

/** A row of the table. */
export interface Kind<Job extends AnyJob, Work, Shape, State extends Counters> {
  /** A job of this kind, every field with its default. */
  config: z.ZodType<Job>;
  /**
   * Checks and prepares what a job works on, without loading weights.
   *
   * @throws {UserError} naming the field or file that is wrong
   */
  plan(job: Job, model: CheckedModel, folders: JobFolders, text: TextWork): Promise<KindPlan<Work, Shape>>;
  /** What a job takes, from shapes alone. */
  cost(job: Job, shape: CostShape & Shape): JobCost;
  /** What may help where that is too much, tried in this order. */
  smaller: readonly SmallerJob<Job>[];
  /** What a job of this kind measures: which it may be judged by. */
  metrics(job: Job): MetricNames;
  /** The field that says how many rows are run at once. */
  rowsField: string;
  /** Runs a job to its end, yielding its events. Checkpoints go below `folders.output`, records into `folders.records`. */
  run(
    runtime: Runtime,
    job: Job,
    folders: TrainFolders,
    context: RunContext<Work, State>,
  ): AsyncGenerator<TrainingEvent, TrainingSummary>;
}
