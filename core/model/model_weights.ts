/**
 * A model folder's weights under the names its graphs use. Files of a bare trunk leave its prefix out (the hub's
 * GPT-2 has `wte.weight` for `transformer.wte.weight`); what else a file holds, masks or a copy of a tied head, is
 * never asked for.
 */
import { familyOf } from "../../kernels/models/families.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { UserError } from "../errors.ts";
import { openSafetensors, type SafetensorsSource } from "./safetensors.ts";

export interface WantedWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

export class ModelWeights {
  readonly #source: SafetensorsSource;
  readonly #prefix: string;

  private constructor(source: SafetensorsSource, prefix: string) {
    this.#source = source;
    this.#prefix = prefix;
  }

  /** Opens a folder's files; only their headers are read. @throws {UserError} `damaged_model` */
  static async open(folder: string, config: ModelConfig): Promise<ModelWeights> {
    return new ModelWeights(await openSafetensors(folder), familyOf(config).prefix);
  }

  /** @throws {UserError} `damaged_model` when a weight is missing or not of the shape its config.json implies */
  check(wanted: readonly WantedWeight[]): void {
    for (const { name, shape } of wanted) {
      const stored = this.#stored(name);
      if (!this.#source.has(stored)) {
        throw new UserError("damaged_model", `The model's files have no tensor '${name}'`);
      }
      const actual = this.#source.info(stored).shape;
      if (actual.join() !== shape.join()) {
        throw new UserError(
          "damaged_model",
          `Tensor '${stored}' has shape [${actual}]: config.json implies [${shape}]`,
        );
      }
    }
  }

  /** The values of a weight, widened to float32. @throws {UserError} as `SafetensorsSource.readFloat32` does */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>> {
    return this.#source.readFloat32(this.#stored(name));
  }

  [Symbol.dispose](): void {
    this.#source.close();
  }

  /** What the files call the weight of this name. */
  #stored(name: string): string {
    const bare = name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : name;
    return this.#source.has(name) || !this.#source.has(bare) ? name : bare;
  }
}
