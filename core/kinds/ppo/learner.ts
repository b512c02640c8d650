/**
 * What PPO trains, gathered: the policy with its optimizer, the value function (a network of its own, or a head on
 * the policy's trunk) with its own, and one way to ask and update both. Decides no hyper-parameter.
 */
import type { FrozenTrunk } from "../../networks/frozen_trunk.ts";
import type { Optimizer, StepOutcome } from "../../networks/optimizer.ts";
import type { KlLossConfig, Policy, TrainOptions } from "../../networks/policy.ts";
import { GROUPS } from "../../weights/parameter_layout.ts";
import type { RunOptions } from "../../run/graph_runner.ts";
import type { TokenSequence } from "../../run/token_batch.ts";
import { Deferred } from "../../run/deferred.ts";
import type { ValueNetwork } from "../../networks/value_network.ts";
import type { PpoConfig, ValueConfig } from "../../contract/ppo_job.ts";
import type { Experience } from "./experience.ts";
import type { UpdateStats } from "./update_metrics.ts";

export interface Learner {
  policy: Policy;
  policyOptimizer: Optimizer;
  /** A value network of its own. Null where the value head is on the policy's trunk, and where there are no values. */
  critic: { network: ValueNetwork; optimizer: Optimizer } | null;
  /** The frozen layers below both, where what comes out of them is kept; else null. */
  trunk: FrozenTrunk | null;
}

/**
 * The sequences as values are asked of them: with one action more where `bootstrap` wants the state after the last. Which one
 * it is does not matter: it is predicted, never read.
 */
export function withBootstrap<Sequence extends TokenSequence>(
  sequences: readonly Sequence[],
  bootstrap: readonly boolean[],
): Sequence[] {
  return sequences.map((row, index) => {
    if (!bootstrap[index]) return row;
    const response_ids = new Int32Array(row.response_ids.length + 1);
    response_ids.set(row.response_ids);
    return { ...row, response_ids };
  });
}

/**
 * V of the state before each token, and of the state after the last one where `bootstrap` asks for it. Null values in a job
 * without any.
 */
export async function valuesOf(
  learner: Learner,
  sequences: readonly TokenSequence[],
  bootstrap: readonly boolean[],
  temperature: number,
  { step, signal }: RunOptions = {},
): Promise<{ values: Float32Array[] | null; bootstrapValues: number[] }> {
  if (!learner.critic && !learner.policy.shared) {
    return { values: null, bootstrapValues: sequences.map(() => 0) };
  }
  const asked = withBootstrap(sequences, bootstrap);
  const values = learner.critic
    ? await learner.critic.network.analyze(asked, { step, signal })
    : (await learner.policy.analyze(asked, { temperature, step, signal })).values!;
  return {
    values: values.map((row, index) => bootstrap[index] ? row.slice(0, -1) : row),
    bootstrapValues: values.map((row, index) => bootstrap[index] ? row.at(-1)! : 0),
  };
}

/** One micro-batch through all losses; gradients accumulate in the optimizers. Gives what all measured. */
export async function accumulate(
  learner: Learner,
  rows: readonly Experience[],
  config: PpoConfig,
  options: TrainOptions & { kl?: KlLossConfig | null },
): Promise<Deferred<UpdateStats>> {
  const { policy, policyOptimizer, critic } = learner;
  using made = new DisposableStack();
  // While the critic warms up alone the policy's losses are still measured; its gradient is not applied.
  const policySums = made.use(await policy.train(rows, config, policyOptimizer, options));
  const valueSums = critic && made.use(await critic.network.train(rows, config, critic.optimizer, options));
  return new Deferred(made.move(), () => {
    const { tokens, ...sums } = policySums.read();
    return { tokens, ...sums, ...valueSums?.read() };
  });
}

export interface AppliedUpdate {
  policy: StepOutcome | null;
  value: StepOutcome | null;
}

/** Steps the optimizers at `factor` of their peak rates; the policy only when `trainPolicy`. Gives what came of it. */
export async function applyUpdate(
  learner: Learner,
  config: PpoConfig,
  value: ValueConfig | null,
  { factor, trainPolicy }: { factor: number; trainPolicy: boolean },
): Promise<Deferred<AppliedUpdate>> {
  const { weight_decay } = config;
  const rate = (lr: number, decay = weight_decay) => ({ lr: lr * factor, weight_decay: decay });
  const trunk = value?.type === "separate" ? value.learning_rate : 0;
  const headRate = value?.head_learning_rate ?? 0;
  const policyRate = trainPolicy ? config.learning_rate : 0;
  const head = {
    [GROUPS.head]: rate(headRate),
    [GROUPS.headBias]: rate(headRate, 0),
  };
  using made = new DisposableStack();
  // A shared head has no optimizer of its own, so a frozen trunk is a step of rate 0.
  const policy = made.use(
    trainPolicy || !learner.critic
      ? await learner.policyOptimizer.apply({
        [GROUPS.adapter]: rate(policyRate),
        [GROUPS.matrices]: rate(policyRate),
        [GROUPS.vectors]: rate(policyRate, 0),
        ...head,
      })
      : null,
  );
  const critic = made.use(
    learner.critic ? await learner.critic.optimizer.apply({ [GROUPS.adapter]: rate(trunk), ...head }) : null,
  );
  return new Deferred(made.move(), () => ({ policy: policy?.read() ?? null, value: critic?.read() ?? null }));
}
