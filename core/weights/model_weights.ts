/**
 * A model folder's weights under the names its graphs use. Files of a bare trunk leave its prefix out (the hub's
 * GPT-2 has `wte.weight` for `transformer.wte.weight`), and files of a model with a tied head may have its matrix
 * under the head's name alone; what else a file holds, masks or a copy of a tied head, is never asked for.
 */
import { familyOf, HEAD } from "../../kernels/models/families.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { UserError } from "../errors.ts";
import { type FolderConfig, readConfig } from "../formats/read_config.ts";
import { openSafetensors, requireFloats, type SafetensorsSource } from "../formats/safetensors.ts";

export interface WantedWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

export class ModelWeights {
  readonly #source: SafetensorsSource;
  readonly #config: ModelConfig;

  private constructor(source: SafetensorsSource, config: ModelConfig) {
    this.#source = source;
    this.#config = config;
  }

  /** Opens a folder's files; only their headers are read. @throws {UserError} `damaged_model` */
  static async open(folder: string, config: ModelConfig): Promise<ModelWeights> {
    return new ModelWeights(await openSafetensors(folder), config);
  }

  /**
   * @throws {UserError} `damaged_model` when a weight is missing or not of the shape its config.json implies,
   * `unsupported_model` when it is of a dtype that is not read
   */
  check(wanted: readonly WantedWeight[]): void {
    for (const { name, shape } of wanted) {
      const stored = this.#stored(name);
      if (!this.#source.has(stored)) {
        throw new UserError("damaged_model", `The model's files have no tensor '${name}'`);
      }
      const { shape: actual, dtype } = this.#source.info(stored);
      if (actual.join() !== shape.join()) {
        throw new UserError(
          "damaged_model",
          `Tensor '${stored}' has shape [${actual}]: config.json implies [${shape}]`,
        );
      }
      requireFloats(stored, dtype);
    }
  }

  /** The values of a weight, widened to float32. @throws {UserError} as `SafetensorsSource.readFloat32` does */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>> {
    return this.#source.readFloat32(this.#stored(name));
  }

  /** Whether there is a head beside the embedding and it is another matrix, whatever the configuration says. */
  async hasOwnHead(): Promise<boolean> {
    const embedding = this.#stored(familyOf(this.#config).embedding);
    const hasBoth = embedding !== HEAD && this.#source.has(HEAD) && this.#source.has(embedding);
    return hasBoth && !await this.#source.equal(HEAD, embedding);
  }

  [Symbol.dispose](): void {
    this.#source.close();
  }

  /** What the files call the weight of this name. */
  #stored(name: string): string {
    const { prefix, embedding } = familyOf(this.#config);
    const bare = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const names = [name, bare];
    if (name === embedding && this.#config.tie_word_embeddings) names.push(HEAD);
    return names.find((stored) => this.#source.has(stored)) ?? name;
  }
}

/**
 * What a folder's configuration says; but a head that its files hold and that is not the embedding counts as one of
 * its own, as for transformers, also where config.json ties the two.
 *
 * @throws {UserError} as `readConfig` and `ModelWeights.open` do
 */
export async function readModelInfo(folder: string): Promise<FolderConfig> {
  const info = await readConfig(folder);
  if (info.task !== "causal_lm" || !info.model.tie_word_embeddings) return info;
  using weights = await ModelWeights.open(folder, info.model);
  return await weights.hasOwnHead()
    ? { ...info, model: { ...info.model, tie_word_embeddings: false } }
    : info;
}
