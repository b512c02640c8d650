/**
 * A checkpoint's policy or reward model as plain weights, one at a time: those of full training as they are, those of the
 * base with the adapter added by the runtime. At most one weight of the base is in memory.
 */
import { mergeArtifact } from "../../kernels/export/export_artifacts.ts";
import { familyOf } from "../../kernels/models/families.ts";
import { Tensor } from "../ort/tensor.ts";
import type { Session } from "../ort/session.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { SCORE_HEAD, type Tuning } from "../../kernels/artifacts.ts";
import { HEAD } from "../../kernels/models/families.ts";
import type { ScoreSpec } from "../contract/checkpoint.ts";
import { readCheckpoint } from "../formats/checkpoint_folder.ts";
import type { ParameterSet } from "../weights/parameter_set.ts";
import { loadCheckpoint, networkOf } from "./checkpoint.ts";
import { loadRewardCheckpoint } from "./reward_checkpoint.ts";
import { ModelWeights } from "../weights/model_weights.ts";
import { weightShapes } from "../weights/parameter_layout.ts";

/** What is merged. */
interface Loaded {
  tuning: Tuning;
  parameters: ParameterSet;
  classifier: ClassifierFacts | null;
}

/** What a reward model's files tell beside its weights. */
export interface ClassifierFacts extends ScoreSpec {
  /** Scores are normalised by what the head's weights are multiplied with, and by what is added to a score. */
  score_gain: number;
  score_bias: number;
}

export class MergedWeights {
  /** Of a reward model; null for a policy. */
  readonly classifier: ClassifierFacts | null;
  /** Shape of every weight, by its name in Hugging Face's layout. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly #base: BaseModel;
  readonly #loaded: Loaded;
  readonly #source: ModelWeights;
  #session: Promise<Session> | undefined;

  private constructor(base: BaseModel, loaded: Loaded, source: ModelWeights) {
    const isScorer = loaded.classifier !== null;
    const shapes = weightShapes(base.config).filter(({ name }) => !isScorer || name !== HEAD);
    const head = isScorer ? [{ name: SCORE_HEAD, shape: [1, base.config.hidden_size] }] : [];
    this.shapes = Object.fromEntries([...shapes, ...head].map(({ name, shape }) => [name, shape]));
    this.classifier = loaded.classifier;
    this.#base = base;
    this.#loaded = loaded;
    this.#source = source;
    source.check(shapes.filter(({ name }) => !loaded.parameters.has(name)));
  }

  /** @throws {UserError} `damaged_model` when the checkpoint or the base is not what it should be */
  static async open(base: BaseModel, checkpoint: string): Promise<MergedWeights> {
    const source = await ModelWeights.open(base.folder, base.config);
    try {
      return new MergedWeights(base, await load(base, checkpoint), source);
    } catch (thrown) {
      source[Symbol.dispose]();
      throw thrown;
    }
  }

  /** The values of a weight, in float32. */
  async read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const { tuning, parameters, classifier } = this.#loaded;
    if (classifier && name === SCORE_HEAD) {
      return parameters.values(name).map((weight) => classifier.score_gain * weight);
    }
    if (tuning.type === "full" && parameters.has(name)) return parameters.values(name);
    const plain = await this.#source.readFloat32(name);
    const module = name.replace(/\.weight$/, "");
    const lora = tuning.type === "lora" && name !== module ? tuning.adapter.get(module) : undefined;
    return lora ? await this.#merge(module, lora.scale, plain) : plain;
  }

  async #merge(module: string, scale: number, plain: Float32Array<ArrayBuffer>) {
    const { parameters } = this.#loaded;
    const { runtime, config } = this.#base;
    this.#session ??= runtime.createSession(mergeArtifact(familyOf(config).fanInFanOut).bytes);
    const session = await this.#session;
    const factor = (part: string) => {
      const name = `${module}.${part}.weight`;
      return Tensor.onHost(runtime, "float32", parameters.shape(name), parameters.values(name));
    };
    const feeds = {
      weight: Tensor.onHost(runtime, "float32", this.shapes[`${module}.weight`]!, plain),
      lora_A: factor("lora_A"),
      lora_B: factor("lora_B"),
      scale: Tensor.onHost(runtime, "float32", [], Float32Array.of(scale)),
    };
    try {
      const { merged } = await session.run(feeds, ["merged"]);
      plain.set(merged.data as Float32Array);
      merged.dispose();
      return plain;
    } finally {
      for (const tensor of Object.values(feeds)) tensor.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
    this.#loaded.parameters.dispose();
    this.#session?.then((made) => made.dispose(), () => {});
  }
}

async function load(base: BaseModel, checkpoint: string): Promise<Loaded> {
  const { facts } = await readCheckpoint(checkpoint);
  if (networkOf(facts).score) {
    const { tuning, parameters, spec, normalization } = await loadRewardCheckpoint(base, checkpoint);
    const { mean, std } = normalization ?? { mean: 0, std: 1 };
    return {
      tuning,
      parameters,
      classifier: { ...spec.score, score_gain: 1 / std, score_bias: -mean / std },
    };
  }
  const { tuning, policy, critic } = await loadCheckpoint(base, checkpoint);
  critic?.parameters.dispose();
  return { tuning, parameters: policy, classifier: null };
}
