/** A reward model by name, with its own tokenizer where it differs from the policy's. */
import { type JobFolders, rewardFolders } from "../contract/protocol.ts";
import { loadRewardCheckpoint } from "../networks/reward_checkpoint.ts";
import { RewardModel } from "../networks/reward_model.ts";
import type { Runtime } from "../ort/runtime.ts";
import { stopIds } from "../tokenizer/stop_ids.ts";
import { loadTokenizer } from "../tokenizer/tokenizer.ts";
import { BaseModel } from "../weights/base_model.ts";
import { modelReward } from "./model_reward.ts";
import type { Scorer } from "./reward_source.ts";
import { sameTokenizer } from "../tokenizer/same_tokenizer.ts";

/** Whoever asks disposes of it. */
export async function loadReward(
  runtime: Runtime,
  folders: JobFolders,
  name: string,
): Promise<{ source: Scorer; dispose(): void }> {
  const { model: folder, checkpoint } = rewardFolders(folders.rewards[name]!);
  const base = await BaseModel.open(runtime, folder);
  const trained = checkpoint === undefined ? null : await loadRewardCheckpoint(base, checkpoint);
  const model = new RewardModel(base, trained);
  if (await sameTokenizer(folder, folders.model)) {
    return { source: modelReward(model, null), dispose: () => model.dispose() };
  }
  const tokenizer = await loadTokenizer(folder);
  const [end = null] = stopIds(base.info, tokenizer);
  return { source: modelReward(model, { tokenizer, end }), dispose: () => model.dispose() };
}
