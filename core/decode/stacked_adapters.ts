/** Several adapters one on another, as a graph for rows with adapters of their own takes them (kernels/nn/row_adapters). */
import { linears } from "../../kernels/models/linears.ts";
import { MULTI_LORA } from "../../kernels/nn/multi_lora.ts";
import type { Binding } from "../ort/binding.ts";
import { Tensor } from "../ort/tensor.ts";
import type { BaseModel } from "../weights/base_model.ts";
import type { LoadedAdapter } from "../weights/load_adapter.ts";

export class StackedAdapters {
  /** Every linear that one of them changes. */
  readonly modules: ReadonlySet<string>;
  readonly #base: BaseModel;
  /** Where each adapter's ranks are. */
  readonly #ranks = new Map<LoadedAdapter, { start: number; size: number }>();
  readonly #tensors: Record<string, Tensor> = {};
  #rank = 0;

  /** Copies the adapters: they may go while the stack is used. */
  constructor(base: BaseModel, adapters: Iterable<LoadedAdapter>) {
    this.#base = base;
    for (const adapter of adapters) {
      const size = Math.max(...[...adapter.tuning.adapter.values()].map(({ r }) => r));
      this.#ranks.set(adapter, { start: this.#rank, size });
      this.#rank += size;
    }
    this.modules = new Set([...this.#ranks.keys()].flatMap(({ tuning }) => [...tuning.adapter.keys()]));
    for (const { module, inFeatures, outFeatures } of linears(base.config)) {
      if (!this.modules.has(module)) continue;
      const a = new Float32Array(this.#rank * inFeatures);
      const b = new Float32Array(this.#rank * outFeatures);
      for (const [{ tuning, parameters }, { start }] of this.#ranks) {
        const lora = tuning.adapter.get(module);
        if (!lora) continue;
        a.set(parameters.values(`${module}.lora_A.weight`), start * inFeatures);
        const { r, scale } = lora;
        const values = parameters.values(`${module}.lora_B.weight`); // [out,r]
        for (let k = 0; k < r; k++) {
          const row = (start + k) * outFeatures;
          for (let out = 0; out < outFeatures; out++) b[row + out] = scale * values[out * r + k]!;
        }
      }
      const stack = (values: Float32Array<ArrayBuffer>, columns: number) =>
        Tensor.onDevice(base.runtime, "float32", [this.#rank, columns], values);
      this.#tensors[MULTI_LORA.a(module)] = stack(a, inFeatures);
      this.#tensors[MULTI_LORA.b(module)] = stack(b, outFeatures);
    }
  }

  has(adapter: LoadedAdapter): boolean {
    return this.#ranks.has(adapter);
  }

  bind(binding: Binding): void {
    for (const [name, tensor] of Object.entries(this.#tensors)) binding.input(name, tensor);
  }

  /** What lets each row's own adapter through, and none for null. */
  mask(rows: readonly (LoadedAdapter | null)[]): Tensor {
    const mask = new Float32Array(rows.length * this.#rank);
    rows.forEach((adapter, row) => {
      if (!adapter) return;
      const { start, size } = this.#ranks.get(adapter)!;
      mask.fill(1, row * this.#rank + start, row * this.#rank + start + size);
    });
    return Tensor.onDevice(this.#base.runtime, "float32", [rows.length, this.#rank], mask);
  }

  dispose(): void {
    for (const tensor of Object.values(this.#tensors)) tensor.dispose();
  }
}
