/**
 * The kinds of jobs that the engine can plan, cost and run: a row each. Nothing outside their folders knows a kind's
 * fields; whoever has a job asks its row.
 */
import type { z } from "zod";
import { evaluationJobSchema } from "../contract/evaluation_job.ts";
import { ppoJobSchema } from "../contract/ppo_job.ts";
import { rewardModelJobSchema } from "../contract/reward_model_job.ts";
import { sftJobSchema } from "../contract/sft_job.ts";
import { invalid } from "../errors.ts";
import type { Counters } from "../train/step_loop.ts";
import { evaluationCost, SMALLER_EVALUATION } from "./evaluation/cost.ts";
import { planEvaluation } from "./evaluation/plan.ts";
import { runEvaluation } from "./evaluation/run.ts";
import type { AnyJob, Kind, KindPlan } from "./kind.ts";
import { ppoCost } from "./ppo/cost.ts";
import { ppoMetricNames } from "./ppo/metric_names.ts";
import { planPpo } from "./ppo/plan.ts";
import { runPpo } from "./ppo/run.ts";
import { SMALLER_PPO } from "./ppo/smaller.ts";
import { rewardModelCost, SMALLER_REWARD_MODEL } from "./reward_model/cost.ts";
import { rewardModelMetricNames } from "./reward_model/metric_names.ts";
import { planRewardModel } from "./reward_model/plan.ts";
import { runRewardModel } from "./reward_model/run.ts";
import { sftCost, SMALLER_SFT } from "./sft/cost.ts";
import { sftMetricNames } from "./sft/metric_names.ts";
import { planSft } from "./sft/plan.ts";
import { runSft } from "./sft/run.ts";

/** Any row, for whoever takes jobs of all kinds: a row is only ever asked about jobs of its own. */
type AnyKind = Kind<AnyJob, unknown, object, Counters>;

const KINDS = {
  ppo: {
    config: ppoJobSchema,
    plan: planPpo,
    cost: ppoCost,
    smaller: SMALLER_PPO,
    metrics: ppoMetricNames,
    rowsField: "ppo.micro_batch_size",
    run: runPpo,
  },
  sft: {
    config: sftJobSchema,
    plan: planSft,
    cost: sftCost,
    smaller: SMALLER_SFT,
    metrics: sftMetricNames,
    rowsField: "sft.micro_batch_size",
    run: runSft,
  },
  evaluation: {
    config: evaluationJobSchema,
    plan: planEvaluation,
    cost: evaluationCost,
    smaller: SMALLER_EVALUATION,
    metrics: () => ({ names: [], open: [] }),
    rowsField: "batch_size",
    run: runEvaluation,
  },
  reward_model: {
    config: rewardModelJobSchema,
    plan: planRewardModel,
    cost: rewardModelCost,
    smaller: SMALLER_REWARD_MODEL,
    metrics: rewardModelMetricNames,
    rowsField: "reward_model.micro_batch_size",
    run: runRewardModel,
  },
} satisfies Record<string, AnyKind>;

export type EngineKind = keyof typeof KINDS;

/** A job of any kind that the engine runs. */
export type EngineJob = z.output<(typeof KINDS)[EngineKind]["config"]>;

/** What jobs of a kind work on. */
export type WorkOf<Name extends EngineKind> = Awaited<ReturnType<(typeof KINDS)[Name]["plan"]>> extends
  KindPlan<infer Work, infer _> ? Work : never;

/** The row of a job's kind. @throws {UserError} `invalid_request` for a kind that there is none of */
export function kindOf({ kind }: { kind: string }): AnyKind {
  if (!Object.hasOwn(KINDS, kind)) {
    throw invalid("kind", `Expected ${Object.keys(KINDS).join(", ")}: it is '${kind}'`);
  }
  return KINDS[kind as EngineKind];
}
