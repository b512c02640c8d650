/** A planned PPO job: loads what it names, trains it, and writes checkpoints below its folder. */
import { dirname } from "node:path";
import { BaseModel } from "../../weights/base_model.ts";
import { LoraDropout } from "../../run/lora_dropout.ts";
import { heldHere } from "../../weights/int8_products.ts";
import { FrozenTrunk } from "../../networks/frozen_trunk.ts";
import { writeAdapter } from "../../networks/checkpoint.ts";
import { Optimizer } from "../../networks/optimizer.ts";
import { Policy } from "../../networks/policy.ts";
import { ValueNetwork } from "../../networks/value_network.ts";
import { dropoutOf } from "../../contract/job.ts";
import type { Runtime } from "../../ort/runtime.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import type { Ask } from "../../contract/engine_question.ts";
import type { RolloutsConfig } from "../../contract/rollouts.ts";
import { invalid } from "../../errors.ts";
import type { Learner } from "./learner.ts";
import { RolloutSampler, type ServerRolloutsParts } from "./server_rollouts.ts";
import { goBackBy } from "./go_back.ts";
import type { Replicas } from "../../replicas/replicas.ts";
import { byFirst } from "../../replicas/together.ts";
import { checksumOf, restore } from "../job_checkpoints.ts";
import type { GoBack } from "./guarded_step.ts";
import { ppoCheckpoints, trainedParts } from "./ppo_checkpoints.ts";
import type { PpoState } from "./ppo_step.ts";
import { startParameters } from "./start_parameters.ts";
import { openRecorder, type StepRecorder } from "./step_recorder.ts";
import { train } from "./trainer.ts";
import { jobReward } from "../job_reward.ts";
import type { RunContext } from "../kind.ts";
import type { PpoWork } from "./plan.ts";
import type { JobFolders, TrainFolders } from "../../contract/protocol.ts";
import type { TrainingEvent, TrainingSummary } from "../../contract/training_events.ts";
import { Evaluator } from "../../evaluate/evaluator.ts";
import { type EvaluationPrompts, trainingEvaluation } from "../../evaluate/training_evaluation.ts";
import type { JobPlan } from "../../contract/job_plan.ts";
import type { Checkpoints, Evaluation } from "../../train/step_loop.ts";
import { stopIds } from "../../tokenizer/stop_ids.ts";

/** Runs a planned PPO job to its end, yielding its events. */
export async function* runPpo(
  runtime: Runtime,
  job: PpoJobConfig,
  folders: TrainFolders,
  {
    planned,
    memoryShare,
    earlier,
    checkVersions,
    checkpointPlace,
    text,
    ask,
    askRollouts,
    replicas,
    ...signals
  }: RunContext<
    PpoWork,
    PpoState
  >,
): AsyncGenerator<TrainingEvent, TrainingSummary> {
  const { plan } = planned;
  const { found, damaged } = earlier;
  const precision = job.base_precision ?? undefined;
  const base = await BaseModel.open(runtime, folders.model, { precision, memoryShare });
  const learner = await makeLearner(base, job, folders);
  const reward = await jobReward(runtime, job, folders, { text, ask, replicas });
  await checkVersions();
  if (found) await restore(trainedParts(job, learner), found);
  const place = await checkpointPlace();
  const records = replicas.rank === 0 ? folders.records : undefined;
  const recorder = await openRecorder(job, records, planned.tokenizer);
  const written = ppoCheckpoints(job, learner, place);
  const checkpoints = recorder ? afterRecords(written, recorder) : written;
  const { tokenizer, work } = planned;
  const stopTokenIds = stopIds(planned.info, tokenizer, job.ppo.stop_token_ids);
  const evaluator = new Evaluator({
    ...{ policy: learner.policy, trunk: learner.trunk },
    ...{ reward, tokenizer, stopTokenIds, replicas },
  });
  const parts = {
    ...{ learner, reward, tokenizer, stopTokenIds, plan, replicas },
    server: job.rollouts &&
      rolloutSampler(job, job.rollouts, { learner, tokenizer, stopTokenIds, askRollouts }, folders.adapters),
    checksum: () => checksumOf(trainedParts(job, learner)),
    prompts: work.prompts,
    trained: work.trained,
    evaluation: work.evaluation && policyEvaluation(job, evaluator, work.evaluation, plan),
    recorder,
    checkpoints,
    goBack: afterFirst(
      replicas,
      goBackBy(learner, base, job, folders, {
        steps_per_epoch: plan.steps_per_epoch,
        places: [place.output, ...(found ? [dirname(found.folder)] : [])],
      }),
    ),
    earlier: {
      resumed: found && { step: found.at.state.step, folder: found.folder, at: found.at },
      damaged,
    },
  };
  return yield* train(parts, job, signals);
}

/** What samples in place of the policy's decoder. @throws {UserError} where nobody can ask a server */
function rolloutSampler(
  job: PpoJobConfig,
  config: RolloutsConfig,
  { learner, tokenizer, stopTokenIds, askRollouts: ask }:
    & { learner: Learner; askRollouts?: Ask }
    & Pick<ServerRolloutsParts, "tokenizer" | "stopTokenIds">,
  folder: string | undefined,
): RolloutSampler {
  if (!ask) {
    throw invalid(
      "rollouts",
      "Expected null: only a job of a server can have its rollouts sampled by another",
    );
  }
  const { networks, spec } = trainedParts(job, learner);
  if (config.adapter === "vllm" && folder === undefined) {
    throw invalid("rollouts.adapter", "Expected none, got vllm: the server has no ROLLOUT_ADAPTERS_DIR");
  }
  const write = (place: string) => writeAdapter(place, { ...networks, critic: null }, spec, job.model);
  const { vocab_size } = networks.base.config;
  return new RolloutSampler({
    ...{ config, ask, tokenizer, stopTokenIds, vocab_size },
    adapters: config.adapter === "vllm" ? { folder: folder!, write } : null,
  });
}

/** The evaluation that a job asks for. */
function policyEvaluation(
  { evaluate, ppo, seed }: PpoJobConfig,
  evaluator: Evaluator,
  prompts: EvaluationPrompts,
  { steps, steps_per_epoch }: Pick<JobPlan, "steps" | "steps_per_epoch">,
): Evaluation {
  const { every_steps, every_epochs, samples_per_prompt, temperature } = evaluate!;
  const { max_new_tokens, top_k, top_p, batch_size } = ppo;
  return trainingEvaluation(evaluator, prompts, {
    ...{ steps, seed, samples_per_prompt },
    every: every_steps ?? every_epochs! * steps_per_epoch,
    generation: { max_new_tokens, temperature: temperature ?? ppo.temperature, top_k, top_p },
    // No more at once than in a step, which is what the job was estimated by.
    batch_size: Math.max(1, Math.floor(batch_size / samples_per_prompt)),
    rows_at_once: batch_size,
  });
}

/** The same checkpoints, each told of once the device has the records of all steps before it: nobody does those again. */
function afterRecords(checkpoints: Checkpoints<PpoState>, recorder: StepRecorder): Checkpoints<PpoState> {
  return {
    ...checkpoints,
    save(...of) {
      const synced = recorder.sync();
      const { read, saved } = checkpoints.save(...of);
      return { read, saved: Promise.all([saved, synced]).then(([checkpoint]) => checkpoint) };
    },
  };
}

/** The same of each process, once rank 0, which writes the checkpoints, has one. */
function afterFirst(replicas: Replicas, goBack: GoBack): GoBack {
  if (replicas.size === 1) return goBack;
  return async (step) => {
    const first = await byFirst(replicas, () => goBack(step));
    return replicas.rank === 0 ? first : await goBack(step);
  };
}

/** Policy, critic and optimizers at the job's start. */
export async function makeLearner(
  base: BaseModel,
  job: PpoJobConfig,
  folders: Pick<JobFolders, "checkpoint" | "adapter"> = {},
): Promise<Learner> {
  const { ppo, seed, value } = job;
  const shared = value?.type === "shared";
  const start = await startParameters(base, job, folders);
  const { tuning, policy: parameters } = start;
  // A bare adapter can be turned off; anything else needs a copy of where it started.
  const reference = start.given || tuning.type === "full" ? parameters.clone() : "base" as const;
  const sampling = await heldHere(base.runtime, job.rollout_precision ?? base.precision);
  const dropout = LoraDropout.of(base, tuning, { rate: dropoutOf(job.trainable), seed, network: "policy" });
  const policy = new Policy(base, tuning, parameters, { reference, shared, sampling, dropout });
  const policyOptimizer = await Optimizer.create(base.runtime, parameters, ppo);
  const tunings = [tuning, ...(start.critic ? [start.critic.tuning] : [])];
  const trunk = ppo.trunk_cache ? FrozenTrunk.below(base, tunings) : null;
  if (value?.type !== "separate" || !start.critic) return { policy, policyOptimizer, critic: null, trunk };
  const network = new ValueNetwork(base, start.critic.tuning, start.critic.parameters, {
    dropout: LoraDropout.of(base, start.critic.tuning, { rate: value.dropout, seed, network: "value" }),
  });
  const optimizer = await Optimizer.create(base.runtime, start.critic.parameters, ppo);
  return { policy, policyOptimizer, critic: { network, optimizer }, trunk };
}
