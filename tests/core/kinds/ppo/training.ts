/** Everything the trainer needs for a job on a fixture, on the real runtime; only checkpoints are counted, not written. */
import { makeLearner } from "../../../../core/kinds/ppo/run.ts";
import { planJob } from "../../../../core/kinds/plan_job.ts";
import type { Metrics } from "../../../../core/contract/progress.ts";
import type { TrainingEvent } from "../../../../core/contract/training_events.ts";
import { BaseModel } from "../../../../core/weights/base_model.ts";
import type { PpoJobConfig } from "../../../../core/contract/ppo_job.ts";
import type { Experience } from "../../../../core/kinds/ppo/experience.ts";
import type { PpoState } from "../../../../core/kinds/ppo/ppo_step.ts";
import { train, type TrainerParts } from "../../../../core/kinds/ppo/trainer.ts";
import { makeReward } from "../../../../core/rewards/rewards.ts";
import { type Scorer, sourceOf } from "../../../../core/rewards/reward_source.ts";
import { EOS, fixtureFolder, runtime } from "../../networks/tiny_models.ts";

export interface TrainingSetUp extends TrainerParts {
  saved: { state: PpoState; epoch: number; metrics: Metrics }[];
}

/** Parts of `job` on the fixture `name`, with the job's own reward unless one is given, which is then called `given`. */
export async function setUp(
  job: PpoJobConfig,
  { name = "qwen3", reward }: { name?: string; reward?: Scorer } = {},
): Promise<TrainingSetUp> {
  const folder = fixtureFolder(name);
  const { plan, work: { prompts }, tokenizer } = await planJob(job, { model: folder, rewards: {} });
  const saved: TrainingSetUp["saved"] = [];
  const precision = job.base_precision ?? undefined;
  return {
    plan,
    prompts,
    tokenizer,
    learner: await makeLearner(await BaseModel.open(runtime, folder, { precision }), job),
    reward: reward
      ? sourceOf("given", reward)
      : await makeReward(job.reward, { model: () => Promise.reject(new Error("no reward models")) }),
    stopTokenIds: new Set([EOS]),
    saved,
    checkpoints: {
      every_steps: job.checkpoint_every_steps,
      ready: () => Promise.resolve(),
      save: ({ state }, { epoch }, metrics) => {
        saved.push({ state, epoch, metrics });
        return { read: Promise.resolve(), saved: Promise.resolve({ folder: `epoch-${epoch}`, files: [] }) };
      },
    },
  };
}

export interface TrainingRun {
  events: TrainingEvent[];
  /** Metrics of each step. */
  steps: Metrics[];
  warnings: Extract<TrainingEvent, { type: "warning" }>[];
}

/** Trains to the end and gathers what was yielded. */
export async function trainAll(
  parts: TrainerParts,
  job: PpoJobConfig,
  signal?: AbortSignal,
): Promise<TrainingRun> {
  const events: TrainingEvent[] = [];
  for await (const event of train(parts, job, { signal })) events.push(event);
  return {
    events,
    steps: events.flatMap((event) => event.type === "step" ? [event.metrics as Metrics] : []),
    warnings: events.flatMap((event) => event.type === "warning" ? [event] : []),
  };
}

/** Notes the rows of every micro-batch that the policy trains on, and may touch what it left behind. */
export function watchTraining(
  { learner }: TrainerParts,
  after: (microBatch: number) => void = () => {},
): Experience[][] {
  const seen: Experience[][] = [];
  const original = learner.policy.train.bind(learner.policy);
  learner.policy.train = async (rows, ...rest) => {
    const stats = await original(rows, ...rest);
    seen.push([...rows] as Experience[]);
    after(seen.length - 1);
    return stats;
  };
  return seen;
}
