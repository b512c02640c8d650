/**
 * The weights that an adapter changes with it merged in, for graphs that take them so: made before the runs of a call,
 * not in each of them. Larger models' graphs add adapters themselves (kernels/models/linears.ts).
 */
import { mergedArtifact, type Tuning } from "../../kernels/artifacts.ts";
import { adapterForm, linears } from "../../kernels/models/linears.ts";
import type { AdapterSpec } from "../../kernels/models/adapter_spec.ts";
import type { ModelConfig } from "../../kernels/models/model_config.ts";
import { sizeOf } from "../../kernels/graph/cost.ts";
import { MERGED } from "../../kernels/nn/parameters.ts";
import type { Binding } from "../ort/binding.ts";
import { Tensor } from "../ort/tensor.ts";
import type { SessionCache } from "./session_cache.ts";
import { ParameterSet, type ParameterShape } from "../weights/parameter_set.ts";

/** The adapter that graphs of `tuning` want merged; null where there is none to merge. */
function mergedAdapter(config: ModelConfig, tuning: Tuning): AdapterSpec | null {
  if (tuning.type !== "lora") return null;
  return adapterForm(config, tuning) === "merged" ? tuning.adapter : null;
}

/** What an `AdapterMerge` of this tuning holds, by the names that graphs take. */
function mergedShapes(config: ModelConfig, tuning: Tuning): ParameterShape[] {
  const adapter = mergedAdapter(config, tuning);
  return linears(config).filter(({ module }) => adapter?.has(module))
    .map(({ module, weightShape }) => ({ name: `${MERGED}${module}.weight`, shape: weightShape }));
}

/** Bytes that an `AdapterMerge` of this tuning holds. */
export function mergedBytes(config: ModelConfig, tuning: Tuning): number {
  return mergedShapes(config, tuning).reduce((sum, { shape }) => sum + 4 * sizeOf(shape, {}), 0);
}

export class AdapterMerge {
  readonly #sessions: SessionCache;
  readonly #tuning: Tuning;
  readonly #adapter: AdapterSpec | null;
  #weights: ParameterSet | undefined;
  readonly #bindings = new Map<ParameterSet, Binding>();

  constructor(sessions: SessionCache, tuning: Tuning) {
    this.#sessions = sessions;
    this.#tuning = tuning;
    this.#adapter = mergedAdapter(sessions.base.config, tuning);
  }

  /**
   * The weights with the adapter in `parameters` merged in, `scale` times: the same tensors each time. Null where graphs
   * take none.
   */
  async merge(parameters: ParameterSet | null, scale = 1): Promise<ParameterSet | null> {
    const { base } = this.#sessions;
    const adapter = this.#adapter;
    if (!adapter || !parameters) return null;
    this.#weights ??= new ParameterSet(base.runtime, [
      { name: "merged", parameters: mergedShapes(base.config, this.#tuning) },
    ]);
    const binding = this.#bindings.get(parameters) ?? await this.#bind(parameters, this.#weights, adapter);
    using gate = Tensor.onDevice(base.runtime, "float32", [], Float32Array.of(scale));
    await binding.input("adapter_scale", gate).run();
    return this.#weights;
  }

  async #bind(parameters: ParameterSet, weights: ParameterSet, adapter: AdapterSpec): Promise<Binding> {
    const { base } = this.#sessions;
    const session = await this.#sessions.get("merged", () => mergedArtifact(base.config, adapter));
    const binding = session.bind();
    parameters.bind(binding, "input", (name) => session.takes(name));
    weights.bind(binding, "output", () => true);
    this.#bindings.set(parameters, binding);
    return binding;
  }

  /** Frees the weights. */
  dispose(): void {
    for (const binding of this.#bindings.values()) binding.dispose();
    this.#bindings.clear();
    this.#weights?.dispose();
    this.#weights = undefined;
  }
}
