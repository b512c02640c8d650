/** What a PPO job works on and will do, worked out from headers and prompts alone. */
import type { ModelConfig } from "../../../kernels/models/model_config.ts";
import type { JobFolders } from "../../contract/protocol.ts";
import { rewardModels } from "../../contract/reward_schema.ts";
import type { PpoJobConfig } from "../../contract/ppo_job.ts";
import { attributeTo, invalid } from "../../errors.ts";
import { readConfig } from "../../formats/read_config.ts";
import type { TextWork } from "../../serve/text_work.ts";
import { cachedTokenizer } from "../../tokenizer/cached_tokenizer.ts";
import type { Prompt } from "../../tokenizer/prompt.ts";
import { preparePrompt } from "../../tokenizer/prepare_prompts.ts";
import { sameTokenizer } from "../../tokenizer/same_tokenizer.ts";
import { stepsPerEpoch } from "../../train/prompt_schedule.ts";
import { checkWeights } from "../../weights/check_weights.ts";
import { parameterCount, tuningOf } from "../../weights/parameter_layout.ts";
import type { CheckedModel, KindPlan } from "../kind.ts";
import type { PpoShape } from "./cost.ts";

/** What PPO's steps work on. */
export interface PpoWork {
  prompts: Prompt[];
}

/** Checks rewards and stop tokens, and tokenises the prompts. */
export async function planPpo(
  job: PpoJobConfig,
  { info, tokenizer, adapter }: CheckedModel,
  folders: JobFolders,
  text: TextWork,
): Promise<KindPlan<PpoWork, PpoShape>> {
  const { ppo, value } = job;
  const { model } = info;
  const rewards = await checkRewards(job, folders, text);
  for (const [index, id] of ppo.stop_token_ids.entries()) {
    if (id >= model.vocab_size) {
      throw invalid(
        `ppo.stop_token_ids.${index}`,
        `Expected an id below the model's vocabulary of ${model.vocab_size}, got ${id}`,
        "invalid_token_id",
      );
    }
  }
  const room = ppo.max_new_tokens;
  const prompts = await text.map(
    job.prompts,
    (prompt, index) => preparePrompt(prompt, `prompts.${index}`, { info, tokenizer, room }),
  );
  const promptTokens = prompts.map(({ ids }) => ids.length);
  const policy = adapter ? { type: "lora" as const, adapter } : tuningOf(model, job.trainable);
  return {
    work: { prompts },
    steps_per_epoch: stepsPerEpoch(prompts.length, ppo.batch_size),
    promptTokens,
    trainable_parameters: parameterCount(model, policy, { head: value.type === "shared" }) +
      (value.type === "separate"
        ? parameterCount(model, tuningOf(model, { ...value, type: "lora" }), { head: true })
        : 0),
    shape: { rewards, longestPrompt: promptTokens.reduce((a, b) => Math.max(a, b)) },
  };
}

/** The models that score, each once. */
async function checkRewards(
  job: PpoJobConfig,
  folders: JobFolders,
  text: TextWork,
): Promise<ModelConfig[]> {
  const models = new Map<string, ModelConfig>();
  for (const name of rewardModels(job.reward)) {
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
