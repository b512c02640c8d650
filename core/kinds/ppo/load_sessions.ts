/**
 * The sessions of a job's first step, loaded while it samples: opening one takes one thread, beside those that decode. Which
 * they are follows from the prompts alone, or the step loads what it needs when it is there.
 */
import { ALONE, type Replicas, shareOf } from "../../replicas/replicas.ts";
import type { ExpectedRows } from "../../run/expected_rows.ts";
import { microBatches } from "../../train/minibatches.ts";
import type { PpoConfig } from "../../contract/ppo_job.ts";
import type { KlLossConfig } from "../../networks/policy.ts";
import type { Learner } from "./learner.ts";

export interface LoadOptions {
  step: number;
  signal: AbortSignal;
  replicas?: Replicas;
  /** The KL's term of the loss, if it has one. */
  kl: KlLossConfig | null;
}

/**
 * Loads what analyses and updates of a step will need, one after the other in the order that they are needed in. `lengths`
 * are those of all rows' prompts, in tokens. Once aborted, loads no more.
 */
export async function loadSessions(
  { policy, policyOptimizer, critic, trunk }: Learner,
  lengths: readonly number[],
  config: PpoConfig,
  { step, signal, replicas = ALONE, kl }: LoadOptions,
): Promise<void> {
  const actions = config.max_new_tokens;
  const hidden = trunk?.layers ?? [];
  const { mine } = shareOf(lengths, replicas);
  const longest = Math.max(...mine);
  const analyzed: ExpectedRows = {
    rows: mine.length,
    longest: [longest + 1, longest + actions],
    ...{ actions, hidden },
  };
  // With the state after the last token, which some rows' values are asked of.
  const valued: ExpectedRows = config.bootstrap_truncated
    ? { ...analyzed, longest: [longest + 1, longest + actions + 1] }
    : analyzed;
  const miniBatch = shareOf(lengths.slice(0, lengths.length / config.num_mini_batches), replicas).mine;
  const trained: ExpectedRows = {
    rows: microBatches(miniBatch, config.micro_batch_size)[0]?.length ?? 0,
    longest: [Math.min(...lengths) + 1, Math.max(...lengths) + actions],
    ...{ actions, hidden },
  };
  const loads = [
    () => trunk?.load(valued),
    () => policy.loadAnalysis(analyzed, { step }),
    () => policy.loadAnalysis(analyzed, { reference: true }),
    () => critic?.network.loadAnalysis(valued, { step }),
    () => policy.loadTraining(trained, config, policyOptimizer, { kl }),
    () => critic?.network.loadTraining(trained, critic.optimizer),
  ];
  for (const load of loads) {
    if (signal.aborted) return;
    await load();
  }
}
