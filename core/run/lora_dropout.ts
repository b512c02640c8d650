/**
 * What the dropout masks of one network's adapter are drawn by (kernels/nn/lora_dropout.ts): a key of each feature of each
 * module, which stay, and one of each token. Both are pure functions of the seed and of whose they are, so masks need no
 * state to be drawn again, and a token's depend on no batch, no padding and no worker.
 */
import type { Tuning } from "../../kernels/artifacts.ts";
import type { AdapterSpec } from "../../kernels/models/adapter_spec.ts";
import { linears } from "../../kernels/models/linears.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { DROPOUT_INPUTS, DROPOUT_KEYS } from "../../kernels/nn/lora_dropout.ts";
import type { Runtime } from "../ort/runtime.ts";
import { draw } from "../rng.ts";
import { ParameterSet, type ParameterShape } from "../weights/parameter_set.ts";

/** Whose masks: those of a policy and of its critic must differ. Numbers of the random streams. */
const NETWORKS = { policy: 0, value: 1 } as const;

/** The finest that rates are told apart. */
const RATE_STEPS = 2 ** DROPOUT_KEYS.featureBits;

/** The tuning of the graphs that train, and score, what is trained with dropout; sampling and scoring for use drop nothing. */
export function withDropout(tuning: Tuning, rate: number): Tuning {
  return tuning.type === "lora" && rate > 0 ? { ...tuning, dropout: true } : tuning;
}

/** The keys of each adapted module's features, and the module's place among the linears. */
function featureShapes(config: ModelConfig, adapter: AdapterSpec): (ParameterShape & { linear: number })[] {
  return linears(config).flatMap(({ module, inFeatures }, linear) =>
    adapter.has(module)
      ? [{ name: DROPOUT_INPUTS.features(module), shape: [DROPOUT_KEYS.length, inFeatures], linear }]
      : []
  );
}

/** Bytes of the features' keys. */
export function dropoutBytes(config: ModelConfig, tuning: Tuning): number {
  if (tuning.type !== "lora" || !tuning.dropout) return 0;
  return featureShapes(config, tuning.adapter)
    .reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);
}

/** A row that masks are drawn for, by its number in the batch of its step, from 0, however that is cut. */
export interface NumberedRow {
  readonly row?: number;
}

/** A sequence, or several that lie end to end in a row, each with so many columns. */
export type MaskedRow = NumberedRow | {
  readonly parts: readonly (NumberedRow & { readonly columns: number })[];
};

export class LoraDropout {
  /** The part that is dropped, as near to what was asked for as rates are told apart, and neither nothing nor all. */
  readonly rate: number;
  readonly #seed: number;
  /** Keys of the modules' features, by the names that graphs take. */
  readonly features: ParameterSet;

  private constructor(runtime: Runtime, shapes: readonly ParameterShape[], rate: number, seed: number) {
    this.rate = Math.min(RATE_STEPS - 1, Math.max(1, Math.round(rate * RATE_STEPS))) / RATE_STEPS;
    this.#seed = seed;
    this.features = new ParameterSet(runtime, [{ name: "features", parameters: shapes }]);
  }

  /** Of the adapter of `tuning`; null where nothing is dropped. */
  static of(
    { runtime, config }: { runtime: Runtime; config: ModelConfig },
    tuning: Tuning,
    { rate, seed, network }: { rate: number; seed: number; network: keyof typeof NETWORKS },
  ): LoraDropout | null {
    if (tuning.type !== "lora" || !(rate > 0)) return null;
    const shapes = featureShapes(config, tuning.adapter);
    const dropout = new LoraDropout(runtime, shapes, rate, seed);
    for (const { name, shape: [, width], linear } of shapes) {
      dropout.features.set(name, featureKeys(width!, { seed, step: NETWORKS[network], row: linear }));
    }
    return dropout;
  }

  /**
   * Keys of the tokens [rows, columns, 8] of a step's rows.
   *
   * @throws {RangeError} without a step, and for a row without a number
   */
  tokenKeys(
    step: number | undefined,
    rows: readonly MaskedRow[],
    columns: number,
  ): Float32Array<ArrayBuffer> {
    const { length, tokenBits } = DROPOUT_KEYS;
    const keys = new Float32Array(rows.length * columns * length);
    rows.forEach((masked, index) => {
      let at = index * columns * length;
      for (const { row, columns: own } of "parts" in masked ? masked.parts : [{ ...masked, columns }]) {
        if (step === undefined || row === undefined) {
          throw new RangeError(`Cannot draw dropout masks of step ${step} for row ${row}: both are needed`);
        }
        for (let position = 0; position < own; position++) {
          const words = draw(this.#seed, "dropout", step, row, position);
          for (let k = 0; k < length; k++) {
            keys[at++] = half(words, k) - 2 ** 15 >> 16 - tokenBits;
          }
        }
      }
    });
    return keys;
  }

  dispose(): void {
    this.features.dispose();
  }
}

/** Keys of a module's features [8, width]. */
function featureKeys(
  width: number,
  { seed, step, row }: { seed: number; step: number; row: number },
): Float32Array<ArrayBuffer> {
  const { length, featureBits } = DROPOUT_KEYS;
  const keys = new Float32Array(length * width);
  for (let feature = 0; feature < width; feature++) {
    const words = draw(seed, "dropout_features", step, row, feature);
    for (let k = 0; k < length; k++) {
      keys[k * width + feature] = (half(words, k) - 2 ** 15 >> 16 - featureBits) / 2 ** featureBits;
    }
  }
  return keys;
}

/** Of 4 words of 32 bits, one of their 8 halves. */
function half(words: Uint32Array, index: number): number {
  return (words[index >> 1]! >>> 16 * (index & 1)) & 0xffff;
}
