/** A reward model by name, with its own tokenizer where it differs from the policy's. */
import { type JobFolders, rewardFolders } from "../contract/protocol.ts";
import { loadRewardCheckpoint } from "../networks/reward_checkpoint.ts";
import { RewardModel } from "../networks/reward_model.ts";
import type { Runtime } from "../ort/runtime.ts";
import { stopIds } from "../tokenizer/stop_ids.ts";
import { loadTokenizer } from "../tokenizer/tokenizer.ts";
import { BaseModel } from "../weights/base_model.ts";
import { modelReward, type OwnTokenizer } from "./model_reward.ts";
import type { Scorer } from "./reward_source.ts";
import { sameTokenizer } from "../tokenizer/same_tokenizer.ts";

/**
 * Whoever asks disposes of it.
 *
 * @param options `texts`: whether it is to read texts by its own tokenizer, whatever the policy's is
 */
export async function loadReward(
  runtime: Runtime,
  folders: JobFolders,
  name: string,
  { texts = false }: { texts?: boolean } = {},
): Promise<{ source: Scorer; dispose(): void }> {
  const { model: folder, checkpoint } = rewardFolders(folders.rewards[name]!);
  using opened = new DisposableStack();
  const base = opened.adopt(await BaseModel.open(runtime, folder), (base) => base.dispose());
  const trained = checkpoint === undefined ? null : await loadRewardCheckpoint(base, checkpoint);
  const model = new RewardModel(base, trained);
  let own: OwnTokenizer | null = null;
  if (texts || !await sameTokenizer(folder, folders.model)) {
    const tokenizer = await loadTokenizer(folder);
    const [end = null] = stopIds(base.info, tokenizer);
    own = { tokenizer, end };
  }
  opened.move(); // the base is the model's from here on
  return { source: modelReward(model, own), dispose: () => model.dispose() };
}
