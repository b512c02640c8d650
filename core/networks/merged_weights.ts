/**
 * A checkpoint's policy as plain weights, one at a time: those of full training as they are, those of the base with
 * the adapter added by the runtime. At most one weight of the base is in memory.
 */
import { mergeArtifact } from "../../kernels/export/export_artifacts.ts";
import { familyOf } from "../../kernels/models/families.ts";
import { Tensor } from "../ort/tensor.ts";
import type { Session } from "../ort/session.ts";
import type { BaseModel } from "../weights/base_model.ts";
import { loadCheckpoint, type LoadedCheckpoint } from "./checkpoint.ts";
import { ModelWeights } from "../weights/model_weights.ts";
import { weightShapes } from "../weights/parameter_layout.ts";

export class MergedWeights {
  /** Shape of every weight, by its name in Hugging Face's layout. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly #base: BaseModel;
  readonly #loaded: LoadedCheckpoint;
  readonly #source: ModelWeights;
  #session: Promise<Session> | undefined;

  private constructor(base: BaseModel, loaded: LoadedCheckpoint, source: ModelWeights) {
    const shapes = weightShapes(base.config);
    this.shapes = Object.fromEntries(shapes.map(({ name, shape }) => [name, shape]));
    this.#base = base;
    this.#loaded = loaded;
    this.#source = source;
    if (loaded.tuning.type === "lora") source.check(shapes);
  }

  /** @throws {UserError} `damaged_model` when the checkpoint or the base is not what it should be */
  static async open(base: BaseModel, checkpoint: string): Promise<MergedWeights> {
    const source = await ModelWeights.open(base.folder, base.config);
    try {
      return new MergedWeights(base, await loadCheckpoint(base, checkpoint), source);
    } catch (thrown) {
      source[Symbol.dispose]();
      throw thrown;
    }
  }

  /** The values of a weight, in float32. */
  async read(name: string): Promise<Float32Array<ArrayBuffer>> {
    const { tuning, policy } = this.#loaded;
    if (tuning.type === "full") return policy.values(name);
    const plain = await this.#source.readFloat32(name);
    const module = name.replace(/\.weight$/, "");
    const lora = tuning.type === "lora" && name !== module ? tuning.adapter.get(module) : undefined;
    return lora ? await this.#merge(module, lora.scale, plain) : plain;
  }

  async #merge(module: string, scale: number, plain: Float32Array<ArrayBuffer>) {
    const { policy } = this.#loaded;
    const { runtime, config } = this.#base;
    this.#session ??= runtime.createSession(mergeArtifact(familyOf(config).fanInFanOut).bytes);
    const session = await this.#session;
    const factor = (part: string) => {
      const name = `${module}.${part}.weight`;
      return Tensor.onHost(runtime, "float32", policy.shape(name), policy.values(name));
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
    this.#loaded.policy.dispose();
    this.#loaded.critic?.parameters.dispose();
    this.#session?.then((made) => made.dispose(), () => {});
  }
}
