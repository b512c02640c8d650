/** Checks the models that a job's reward names, by headers alone. */
import type { Tuning } from "../../kernels/artifacts.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { type JobFolders, rewardFolders } from "../contract/protocol.ts";
import {
  type RewardConfig,
  rewardGraders,
  rewardModels,
  rewardNodes,
  type RewardOf,
} from "../contract/reward_schema.ts";
import { singleGraders } from "../contract/graders/grader_schema.ts";
import { attributeTo, invalid } from "../errors.ts";
import { readCheckpoint } from "../formats/checkpoint_folder.ts";
import { type ClassifierFolder, readClassifierFolder } from "../formats/text_classifier_folder.ts";
import { type FolderConfig, readConfig } from "../formats/read_config.ts";
import { rewardSpec } from "../networks/reward_checkpoint.ts";
import { classifierOf } from "../rewards/local_grader.ts";
import type { TextWork } from "../serve/text_work.ts";
import { cachedTokenizer } from "../tokenizer/cached_tokenizer.ts";
import { sameTokenizer } from "../tokenizer/same_tokenizer.ts";
import { checkWeights } from "../weights/check_weights.ts";
import { tuningOf } from "../weights/parameter_layout.ts";

/** A model that scores, and what was trained of it here. */
export interface TrainedScorer {
  model: ModelConfig;
  tuning: Tuning;
}

/** One of those, or the bytes of a ready classifier's weights. */
export type ScoringModel = TrainedScorer | { bytes: number };

/** The models that score, each once. @throws {UserError} naming `reward` */
export async function checkRewards(
  { reward }: { reward: RewardConfig },
  folders: JobFolders,
  text: TextWork,
): Promise<ScoringModel[]> {
  const models: ScoringModel[] = [];
  const { classifiers = {}, rewards } = folders;
  const graders = rewardGraders(reward).filter((name) => Object.hasOwn(rewards, name));
  for (const name of new Set([...rewardModels(reward), ...graders])) {
    const given = folders.rewards[name];
    if (!given) throw invalid("reward", `There is no model '${name}'`, "unknown_model");
    const { model: folder, checkpoint } = rewardFolders(given);
    const info = await attributeTo("reward", readConfig(folder));
    const tuning = checkpoint === undefined
      ? classifier(name, info)
      : await attributeTo("reward", trained(checkpoint, info));
    await attributeTo("reward", checkWeights(folder, info));
    if (!await sameTokenizer(folder, folders.model)) {
      await attributeTo("reward", text.whole(() => cachedTokenizer(folder)));
    }
    models.push({ model: info.model, tuning });
  }
  const ready = new Map<string, number>();
  const check = async (config: RewardOf<"classifier">) => {
    const { path, bytes } = await checkClassifier(config, folders, text);
    ready.set(path, bytes);
  };
  for (const part of rewardNodes(reward)) {
    if (part.type === "classifier") await check(part);
    if (part.type !== "grader") continue;
    for (const [, grader] of singleGraders(part.grader)) {
      if (grader.type !== "score_model" || !Object.hasOwn(classifiers, grader.model)) continue;
      await check(classifierOf(grader));
    }
  }
  return [...models, ...[...ready.values()].map((bytes) => ({ bytes }))];
}

/** A ready classifier, by its files alone. */
async function checkClassifier(
  config: RewardOf<"classifier">,
  { classifiers = {} }: JobFolders,
  text: TextWork,
): Promise<ClassifierFolder> {
  const folder = classifiers[config.model];
  if (folder === undefined) throw invalid("reward", `There is no model '${config.model}'`, "unknown_model");
  const found = await attributeTo("reward", readClassifierFolder(folder, config));
  await attributeTo("reward", text.whole(() => cachedTokenizer(folder)));
  return found;
}

function classifier(name: string, { task, num_labels }: FolderConfig): Tuning {
  if (task === "sequence_classifier" && num_labels === 1) return { type: "none" };
  throw invalid(
    "reward",
    `Expected a sequence classifier with 1 label: '${name}' is a ${task} with ${num_labels ?? "no"} labels`,
    "unsupported_model",
  );
}

async function trained(checkpoint: string, { model }: FolderConfig): Promise<Tuning> {
  const { facts } = await readCheckpoint(checkpoint);
  return tuningOf(model, rewardSpec(facts).trainable);
}
