/** A job's reward, with the models that it names loaded. */
import type { JobFolders } from "../contract/protocol.ts";
import type { RewardConfig } from "../contract/reward_schema.ts";
import type { Runtime } from "../ort/runtime.ts";
import { loadClassifier } from "../rewards/classifier_reward.ts";
import { loadReward } from "../rewards/load_reward_model.ts";
import type { RewardSource } from "../rewards/reward_source.ts";
import { makeReward, type RewardContext } from "../rewards/rewards.ts";
import type { TextWork } from "../serve/text_work.ts";

export function jobReward(
  runtime: Runtime,
  { reward }: { reward: RewardConfig },
  folders: JobFolders,
  { text, ask, replicas }: Pick<RewardContext, "ask" | "replicas"> & { text: TextWork },
): Promise<RewardSource> {
  return makeReward(reward, {
    ...{ ask, folders, replicas },
    textModel: async (name) => {
      const { source } = await text.whole(() => loadReward(runtime, folders, name, { texts: true }));
      return { score: (samples, signal) => text.whole(() => source.score(samples, signal)) };
    },
    classifier: async (config) => {
      const folder = folders.classifiers![config.model]!;
      const { source } = await text.whole(() => loadClassifier(runtime, folder, config));
      return { score: (samples, signal) => text.whole(() => source.score(samples, signal)) };
    },
    model: async (name) => {
      const { source } = await text.whole(() => loadReward(runtime, folders, name));
      // A reward model tokenises what it scores by its own folder's files.
      return { score: (samples, signal) => text.whole(() => source.score(samples, signal)) };
    },
  });
}
