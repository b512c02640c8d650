/** Checks the models that a job's reward names, by headers alone. */
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import type { JobFolders } from "../contract/protocol.ts";
import { type RewardConfig, rewardModels } from "../contract/reward_schema.ts";
import { attributeTo, invalid } from "../errors.ts";
import { readConfig } from "../formats/read_config.ts";
import type { TextWork } from "../serve/text_work.ts";
import { cachedTokenizer } from "../tokenizer/cached_tokenizer.ts";
import { sameTokenizer } from "../tokenizer/same_tokenizer.ts";
import { checkWeights } from "../weights/check_weights.ts";

/** The models that score, each once. */
export async function checkRewards(
  { reward }: { reward: RewardConfig },
  folders: JobFolders,
  text: TextWork,
): Promise<ModelConfig[]> {
  const models = new Map<string, ModelConfig>();
  for (const name of rewardModels(reward)) {
    const folder = folders.rewards[name];
    if (!folder) throw invalid("reward", `There is no model '${name}'`, "unknown_model");
    const info = await attributeTo("reward", readConfig(folder));
    if (info.task !== "sequence_classifier" || info.num_labels !== 1) {
      throw invalid(
        "reward",
        `Expected a sequence classifier with 1 label: '${name}' is a ${info.task} with ${
          info.num_labels ?? "no"
        } labels`,
        "unsupported_model",
      );
    }
    await attributeTo("reward", checkWeights(folder, info));
    if (!await sameTokenizer(folder, folders.model)) {
      await attributeTo("reward", text.whole(() => cachedTokenizer(folder)));
    }
    models.set(name, info.model);
  }
  return [...models.values()];
}
