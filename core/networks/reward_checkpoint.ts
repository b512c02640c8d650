/** A reward model's checkpoint, read: what `saveCheckpoint` wrote of a trunk that was trained with a classifier's head. */
import { z } from "zod";
import { SCORE_HEAD } from "../../kernels/artifacts.ts";
import { type CheckpointSpec, type Normalization, normalizationSchema } from "../contract/checkpoint.ts";
import { UserError } from "../errors.ts";
import { loraKeys, PEFT_PREFIX, readAdapter } from "../formats/adapter_files.ts";
import { damaged } from "../formats/checked_file.ts";
import { readCheckpoint } from "../formats/checkpoint_folder.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { placeAdapter } from "../weights/load_adapter.ts";
import { ModelWeights } from "../weights/model_weights.ts";
import { parameterGroups, readFullWeights, type Trainable, tuningOf } from "../weights/parameter_layout.ts";
import { ParameterSet } from "../weights/parameter_set.ts";
import { asCheckpoint, networkOf } from "./checkpoint.ts";
import type { TrainedReward } from "./reward_model.ts";

export interface LoadedReward extends TrainedReward {
  normalization: Normalization | null;
  spec: CheckpointSpec & Required<Pick<CheckpointSpec, "score">>;
}

/** The facts that a reward model's checkpoint has of its scores. */
const factsSchema = z.object({ state: z.object({ normalization: normalizationSchema.nullable() }) });

/** What a manifest says of a reward model. @throws {UserError} `unsupported_model` for another network's */
export function rewardSpec(facts: Record<string, unknown>): LoadedReward["spec"] {
  const spec = networkOf(facts);
  if (spec.score) return { ...spec, score: spec.score };
  throw new UserError(
    "unsupported_model",
    `Expected a checkpoint of a reward model, got one of a job of kind ${facts.kind}`,
  );
}

/** How scores of the checkpoint are normalised; null for one that was written within an epoch, or when nothing was asked for. */
export function normalizationOf(facts: Record<string, unknown>): Normalization | null {
  const { data } = factsSchema.safeParse(facts);
  if (!data) throw damaged("The checkpoint's manifest does not say how its scores are normalised");
  return data.state.normalization;
}

/**
 * Reads a reward model's parameters for its base.
 *
 * @throws {UserError} `damaged_checkpoint` naming the file that is missing or wrong, `unsupported_model` for a checkpoint
 * of another network
 */
export function loadRewardCheckpoint(base: BaseModel, folder: string): Promise<LoadedReward> {
  return asCheckpoint(folder, async () => {
    const { facts } = await readCheckpoint(folder);
    const spec = rewardSpec(facts);
    const read = spec.trainable.type === "lora"
      ? readLora(base, folder)
      : readFull(base, folder, spec.trainable);
    return { ...await read, spec, normalization: normalizationOf(facts) };
  });
}

async function readLora(base: BaseModel, folder: string): Promise<TrainedReward> {
  const { modules, tensors } = await readAdapter(folder);
  const head = tensors[PEFT_PREFIX + SCORE_HEAD];
  if (head?.shape.join() !== [1, base.config.hidden_size].join()) {
    throw damaged(`Expected ${SCORE_HEAD} of the adapter to be [1,${base.config.hidden_size}]`);
  }
  const pairs = [...modules.keys()].flatMap((module) => Object.values(loraKeys(module)));
  const lora = Object.fromEntries(pairs.map((key) => [key, tensors[key]!]));
  const placed = placeAdapter(base, { modules, tensors: lora }, { head: "score" });
  placed.parameters.set(SCORE_HEAD, head.data);
  return placed;
}

async function readFull(base: BaseModel, folder: string, trainable: Trainable): Promise<TrainedReward> {
  const tuning = tuningOf(base.config, trainable);
  const parameters = new ParameterSet(
    base.runtime,
    parameterGroups(base.config, tuning, { head: "score" }),
  );
  await readFullWeights(folder, base.config, parameters);
  using weights = await ModelWeights.open(folder, base.config);
  weights.check([{ name: SCORE_HEAD, shape: parameters.shape(SCORE_HEAD) }]);
  parameters.set(SCORE_HEAD, await weights.readFloat32(SCORE_HEAD));
  return { tuning, parameters };
}
