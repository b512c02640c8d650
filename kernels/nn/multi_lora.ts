/**
 * Adapters of several fine-tunes of one base in one batch, each row with its own. All A's lie one on another and all
 * B's likewise, R ranks together, and a row's mask lets through those of its own adapter. So the base's product is one
 * for all rows, and what adapters add costs as much as one of rank R would. For sampling only: nothing is trained.
 */
import type { Builder } from "../graph/builder.ts";
import type { Dim, Value } from "../graph/value.ts";
import type { FrozenParameters, LinearModule, Parameters, Precision } from "./parameters.ts";

/** Inputs beside the frozen weights, by the module they are for. */
export const MULTI_LORA = {
  /** [R,in]; zeros where an adapter leaves the module as it is. */
  a: (module: string) => `${module}.lora_A.rows`,
  /** s·Bᵀ [R,out]. */
  b: (module: string) => `${module}.lora_B.rows`,
  /** [B,R]: 1 at the ranks of the row's adapter, else 0. */
  mask: "adapter_mask",
  /** [N,R]: the same for the N sequences that a token is sampled for. */
  sampledMask: "sampled_adapter_mask",
} as const;

export class MultiLora implements Parameters {
  readonly trainable = new Map<string, Value>();
  readonly precision: Precision;
  readonly #g: Builder;
  readonly #frozen: FrozenParameters;
  readonly #modules: ReadonlySet<string>;
  readonly #ids: Value;
  readonly #sampled: Dim;
  readonly #mask: Value;
  readonly #sampledMask: Value;
  #tokenGates: Value | undefined;

  /** @param modules the linears that any of the adapters changes; @param batch its tokens [B,S], and the size N */
  constructor(
    g: Builder,
    frozen: FrozenParameters,
    modules: ReadonlySet<string>,
    { ids, sampled }: { ids: Value; sampled: Dim },
  ) {
    this.precision = frozen.precision;
    this.#g = g;
    this.#frozen = frozen;
    this.#modules = modules;
    this.#ids = ids;
    this.#sampled = sampled;
    this.#mask = g.input(MULTI_LORA.mask, "float32", [ids.shape[0]!, "R"]);
    this.#sampledMask = g.input(MULTI_LORA.sampledMask, "float32", [sampled, "R"]);
  }

  weight(name: string, shape: readonly Dim[]): Value {
    return this.#frozen.weight(name, shape);
  }

  linears(x: Value, modules: readonly LinearModule[]): Value[] {
    const g = this.#g;
    return this.#frozen.linears(x, modules).map((y, index) => {
      const { name, outFeatures } = modules[index]!;
      const module = g.path(name);
      if (!this.#modules.has(module)) return y;
      const a = g.input(MULTI_LORA.a(module), "float32", ["R", x.shape[1]!]);
      const b = g.input(MULTI_LORA.b(module), "float32", ["R", outFeatures]);
      return g.scope(`${name}.lora`, () => {
        const as = (value: Value) => g.cast(value, x.dtype);
        const low = g.mul(g.matmul(x, as(a), { transB: true }), as(this.#maskOf(x)));
        return g.op("Gemm", [low, as(b), y], { transA: false, transB: false, alpha: 1 })[0]!;
      });
    });
  }

  /** The mask of x's rows: one a sequence that is sampled for, or one a token. */
  #maskOf(x: Value): Value {
    const g = this.#g;
    const [rows, columns] = this.#ids.shape as [Dim, Dim];
    if (x.shape[0] === this.#sampled) return this.#sampledMask;
    this.#tokenGates ??= g.reshape(
      g.expand(g.reshape(this.#mask, [rows, 1, "R"]), [rows, columns, "R"]),
      [x.shape[0]!, "R"],
    );
    return this.#tokenGates;
  }
}
