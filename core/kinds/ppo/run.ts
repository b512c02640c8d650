/** A training job inside the engine: loads what it names, trains it, and writes checkpoints below its folder. */
import { basename, join } from "node:path";
import { BaseModel } from "../../weights/base_model.ts";
import { loadCheckpoint, saveCheckpoint } from "../../networks/checkpoint.ts";
import { heldHere } from "../../weights/int8_products.ts";
import { changedWhileRead, folderVersion } from "../../formats/file_version.ts";
import { loadAdapter } from "../../weights/load_adapter.ts";
import { initialParameters, tuningOf } from "../../weights/parameter_layout.ts";
import { Optimizer } from "../../networks/optimizer.ts";
import { Policy } from "../../networks/policy.ts";
import { ValueNetwork } from "../../networks/value_network.ts";
import type { Runtime } from "../../ort/runtime.ts";
import type { TrainingJobConfig } from "../../contract/training_job.ts";
import type { Learner } from "./learner.ts";
import { reproducible } from "../../train/metric_sums.ts";
import type { TrainSignals } from "../../train/step_loop.ts";
import { train } from "./trainer.ts";
import { makeReward } from "../../rewards/rewards.ts";
import { UserError } from "../../errors.ts";
import { planJob, type PlannedJob, planOptions } from "./plan.ts";
import { loadReward } from "../../rewards/load_reward_model.ts";
import type { JobFolders, TrainRequest } from "../../contract/protocol.ts";
import type { JobPlan } from "../../contract/job_plan.ts";
import type { TrainingEvent, TrainingSummary } from "../../contract/training_events.ts";
import { proveInt8 } from "../prove_int8.ts";
import { stopIds } from "../../tokenizer/stop_ids.ts";
import { TextWork } from "../../serve/text_work.ts";

export interface TrainOptions extends TrainSignals {
  text?: TextWork;
}

/** Runs a job to its end, yielding its events. */
export async function* trainJob(
  runtime: Runtime,
  { job, folders }: TrainRequest,
  { text = new TextWork(), ...signals }: TrainOptions = {},
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const versions = () => Promise.all(foldersOf(folders).map((folder) => folderVersion(folder)));
  const before = await versions();
  const planned = await planJob(job, folders, planOptions(runtime, "available"), text);
  await proveInt8(runtime, job, planned.info.model);
  /** What was planned and what was loaded must be of the same files. */
  const checkVersions = async () => {
    const after = await versions();
    if (after.some((version, at) => version !== before[at])) throw changedWhileRead();
  };
  try {
    return yield* runJob(runtime, job, folders, { planned, checkVersions }, signals, text);
  } catch (thrown) {
    throw withEstimate(thrown, planned.plan);
  }
}

/** An `out_of_memory` that also says how much the job was thought to need. */
export function withEstimate(thrown: unknown, { estimate }: JobPlan): unknown {
  if (!(thrown instanceof UserError) || thrown.code !== "out_of_memory") return thrown;
  const gigabytes = (estimate.memory_bytes / 1e9).toFixed(1);
  const advice = "a smaller ppo.micro_batch_size needs less";
  return new UserError(
    "out_of_memory",
    `${thrown.message}; the job was estimated to need ${gigabytes} GB: ${advice}`,
    thrown.errors,
    { cause: thrown },
  );
}

/** Every folder that a job reads. */
function foldersOf({ model, checkpoint, adapter, rewards }: JobFolders): string[] {
  return [model, checkpoint, adapter, ...Object.values(rewards)].filter((folder) => folder !== undefined);
}

async function* runJob(
  runtime: Runtime,
  job: TrainingJobConfig,
  folders: JobFolders & { output: string },
  { planned, checkVersions }: { planned: PlannedJob; checkVersions: () => Promise<void> },
  signals: TrainSignals,
  text: TextWork,
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const base = await BaseModel.open(runtime, folders.model, { precision: job.base_precision ?? undefined });
  const learner = await makeLearner(base, job, folders);
  const reward = await makeReward(job.reward, {
    model: async (name) => {
      const { source } = await text.whole(() => loadReward(runtime, folders, name));
      // A reward model tokenises what it scores by its own folder's files.
      return { score: (samples, signal) => text.whole(() => source.score(samples, signal)) };
    },
  });
  await checkVersions();
  const stopTokenIds = stopIds(planned.info, planned.tokenizer, job.ppo.stop_token_ids);
  await Deno.mkdir(folders.output, { recursive: true });
  return yield* train(
    {
      learner,
      reward,
      tokenizer: planned.tokenizer,
      prompts: planned.prompts,
      stopTokenIds,
      plan: planned.plan,
      save: ({ state: { watch: _, ...state } }, { epoch, reason }, metrics) => {
        const name = reason === "epoch" ? numbered("epoch", epoch) : numbered("step", state.step);
        const folder = join(folders.output, name);
        const networks = {
          base,
          tuning: learner.policy.tuning,
          policy: learner.policy.parameters,
          critic: learner.critic?.network.parameters ?? null,
        };
        const { trainable, value } = job;
        const facts = {
          kind: job.kind,
          model: job.model,
          base: basename(folders.model),
          epoch,
          state,
          metrics: reproducible(metrics),
        };
        const saved = saveCheckpoint(folder, networks, { trainable, value }, facts)
          .then((files) => ({ folder, files }));
        return { read: saved.catch(() => {}), saved };
      },
    },
    job,
    signals,
  );
}

function numbered(what: string, number: number): string {
  return `${what}-${String(number).padStart(4, "0")}`;
}

/** Policy, critic and optimizers at the job's start: a checkpoint's networks, an adapter's, or the bare model's. */
export async function makeLearner(
  base: BaseModel,
  job: TrainingJobConfig,
  { checkpoint, adapter }: Pick<JobFolders, "checkpoint" | "adapter"> = {},
): Promise<Learner> {
  const { ppo, seed, value } = job;
  const shared = value.type === "shared";
  const loaded = checkpoint ? await loadCheckpoint(base, checkpoint) : null;
  const given = adapter ? await loadAdapter(base, adapter, { head: shared }) : null;
  const tuning = loaded?.tuning ?? given?.tuning ?? tuningOf(base.config, job.trainable);
  const parameters = loaded?.policy ?? given?.parameters ??
    await initialParameters(base, tuning, { head: shared, seed, role: "policy" });
  // A bare adapter can be turned off; anything else needs a copy of where it started.
  const reference = loaded || given || tuning.type === "full" ? parameters.clone() : "base" as const;
  const sampling = await heldHere(base.runtime, job.rollout_precision ?? base.precision);
  const policy = new Policy(base, tuning, parameters, { reference, shared, sampling });
  const policyOptimizer = await Optimizer.create(base.runtime, parameters, ppo);
  if (value.type === "shared") return { policy, policyOptimizer, critic: null };
  const criticTuning = loaded?.critic?.tuning ?? tuningOf(base.config, { ...value, type: "lora" });
  const criticParameters = loaded?.critic?.parameters ??
    await initialParameters(base, criticTuning, { head: true, seed, role: "value" });
  const network = new ValueNetwork(base, criticTuning, criticParameters);
  const optimizer = await Optimizer.create(base.runtime, criticParameters, ppo);
  return { policy, policyOptimizer, critic: { network, optimizer } };
}
