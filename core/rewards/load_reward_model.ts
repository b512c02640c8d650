/** A reward model by name, with its own tokenizer where it differs from the policy's. */
import type { JobFolders } from "../contract/protocol.ts";
import { RewardModel } from "../networks/reward_model.ts";
import type { Runtime } from "../ort/runtime.ts";
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
  const folder = folders.rewards[name]!;
  const model = new RewardModel(await BaseModel.open(runtime, folder));
  const tokenizer = await sameTokenizer(folder, folders.model) ? null : await loadTokenizer(folder);
  return { source: modelReward(model, tokenizer), dispose: () => model.dispose() };
}
