/**
 * Dropout on the input of a network's adapters, as PEFT has it: each adapted linear sees x with its own mask, the base
 * sees x itself. What a mask is drawn by comes in as keys, one of each token and one of each feature of a module, so the
 * mask of a token is the same in whatever batch, at whatever padding, and in scoring as in training.
 */
import type { Builder } from "../graph/builder.ts";
import { type Dim, dimProduct, type Value } from "../graph/value.ts";

/** Inputs of graphs with dropout. */
export const DROPOUT_INPUTS = {
  /** float32 [B,S,8]: the key of each token, integers from −1024 to 1023. */
  tokens: "dropout_tokens",
  /** float32 []: the part that is dropped, a multiple of 1/4096. */
  rate: "dropout_rate",
  /** float32 [8,in]: the keys of a module's features, multiples of 1/4096 from −1/2 to below 1/2. */
  features: (module: string) => `${module}.dropout_features`,
} as const;

/**
 * Sizes of keys: 8 products of 11 by 12 bits add up to 24, which float32 holds; factors of no more bits are whole in TF32
 * too. Rates are told apart as finely as a feature's key is cut.
 */
export const DROPOUT_KEYS = { length: 8, tokenBits: 11, featureBits: 12 } as const;

export class LoraDropout {
  readonly #g: Builder;
  readonly #positions: Value;
  readonly #tokens: Value;
  readonly #rate: Value;
  #packed: Value | undefined;

  /** @param positions flat indices [N] of the tokens that a trunk goes on with after its last attention */
  constructor(g: Builder, positions: Value) {
    this.#g = g;
    this.#positions = positions;
    const rows = ["B", "S"];
    const tokens = g.input(DROPOUT_INPUTS.tokens, "float32", [...rows, DROPOUT_KEYS.length]);
    this.#tokens = g.reshape(tokens, [dimProduct(rows), DROPOUT_KEYS.length]);
    this.#rate = g.input(DROPOUT_INPUTS.rate, "float32", []);
  }

  /** x [M,in] of all tokens or of those at the positions, as the adapter of `module` sees it. */
  apply(x: Value, module: string): Value {
    const g = this.#g;
    const features = g.input(DROPOUT_INPUTS.features(module), "float32", [DROPOUT_KEYS.length, x.shape[1]!]);
    const [mask] = g.op("DropoutMask", [x, this.#tokensOf(x.shape[0]!), features, this.#rate], {});
    return g.op("ApplyMask", [x, mask!], {})[0]!;
  }

  /** A scale that makes up for what is dropped. */
  scaled(scale: Value): Value {
    return this.#g.div(scale, this.#g.sub(1, this.#rate));
  }

  #tokensOf(rows: Dim): Value {
    if (rows !== this.#positions.shape[0]) return this.#tokens;
    this.#packed ??= this.#g.gather(this.#tokens, this.#positions, 0);
    return this.#packed;
  }
}
