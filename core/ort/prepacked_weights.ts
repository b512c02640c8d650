/** Weights that onnxruntime reordered for its matmuls, kept once for all sessions that name the same container. */
import { Handle } from "./handle.ts";
import type { Runtime } from "./runtime.ts";

/** Only weights given as the same `initializers` are shared; sessions keep the container alive. */
export class PrepackedWeights {
  /** @internal */
  readonly handle: Handle;

  /** @internal Use `Runtime.createPrepackedWeights`. */
  constructor(runtime: Runtime) {
    const { api } = runtime;
    const pointer = api.pointer("make a container for weights", api.CreatePrepackedWeightsContainer);
    const release = (container: Deno.PointerObject) => api.ReleasePrepackedWeightsContainer(container);
    this.handle = new Handle("container of prepacked weights", pointer, release, [runtime.handle]);
  }

  /** Frees the container once the last session that uses it is gone. */
  dispose(): void {
    this.handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
