/** A reward model that scores texts: a sequence classifier's folder, or a checkpoint of `RewardTrainer`. */
import { type RewardFolder, rewardFolders } from "../contract/protocol.ts";
import { readConfig } from "../formats/read_config.ts";
import { loadReward } from "../rewards/load_reward_model.ts";
import type { Scorer } from "../rewards/reward_source.ts";
import { preparePrompt } from "../tokenizer/prepare_prompts.ts";
import { stopIds } from "../tokenizer/stop_ids.ts";
import { loadTokenizer } from "../tokenizer/tokenizer.ts";
import { type RuntimeChoice, sharedRuntime } from "./shared_runtime.ts";

/** A completion to be scored; it is taken for one that has ended. */
export interface ScoredText {
  prompt: string;
  completion: string;
}

type Loaded = Awaited<ReturnType<typeof loadReward>>;
type Prepare = (item: ScoredText, index: number) => Parameters<Scorer["score"]>[0][number];

export class RewardModel implements Disposable {
  readonly #loaded: Loaded;
  readonly #prepare: Prepare;

  private constructor(loaded: Loaded, prepare: Prepare) {
    this.#loaded = loaded;
    this.#prepare = prepare;
  }

  /** @param reward The classifier's folder; or of a checkpoint its own and its model's. @throws {UserError} */
  static async load(reward: RewardFolder, choice: RuntimeChoice = {}): Promise<RewardModel> {
    const { model } = rewardFolders(reward);
    const [info, tokenizer] = await Promise.all([readConfig(model), loadTokenizer(model)]);
    const [end] = stopIds(info, tokenizer);
    const loaded = await loadReward(sharedRuntime(choice), { model, rewards: { reward } }, "reward");
    return new RewardModel(loaded, ({ prompt, completion }, index) => {
      const prepared = preparePrompt(prompt, `items.${index}.prompt`, { info, tokenizer, room: 1 });
      const ids = tokenizer.encode(completion, { add_special_tokens: false });
      return {
        ...{ prompt: prepared.text, completion, prompt_idx: index, prompt_ids: prepared.ids },
        response_ids: Int32Array.from(end === undefined ? ids : [...ids, end]),
        terminated: end !== undefined,
      };
    });
  }

  /** Scores, one a text. @throws {UserError} naming the item that is wrong */
  async score(items: readonly ScoredText[], signal?: AbortSignal): Promise<number[]> {
    return [...await this.#loaded.source.score(items.map(this.#prepare), signal)];
  }

  [Symbol.dispose](): void {
    this.#loaded.dispose();
  }
}
