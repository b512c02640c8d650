/** A graph that onnxruntime has loaded. Runs happen on another thread; several may be in flight at once. */
import { Binding } from "./binding.ts";
import { cancellable } from "./cancellable.ts";
import { claimAll, Handle } from "./handle.ts";
import { inFlight } from "./in_flight.ts";
import { type AssignedNode, assignedNodes } from "./providers.ts";
import type { Runtime } from "./runtime.ts";
import { checkFits, type Port, portOf, readPorts, type ValueInfo } from "./signature.ts";
import { Tensor } from "./tensor.ts";

export interface RunCallOptions {
  /** Stops the run in the middle; the session can be used again. */
  signal?: AbortSignal;
}

export class Session {
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** @internal */
  readonly handle: Handle;
  /** @internal */
  readonly inputPorts: ReadonlyMap<string, Port>;
  /** @internal */
  readonly outputPorts: ReadonlyMap<string, Port>;
  readonly #runtime: Runtime;

  /** @internal Use `Runtime.createSession`. Takes over `pointer`; `needs` stay alive as long as the session. */
  constructor(runtime: Runtime, pointer: Deno.PointerObject, needs: readonly Handle[]) {
    const { api } = runtime;
    this.#runtime = runtime;
    this.handle = new Handle("session", pointer, (session) => api.ReleaseSession(session), needs);
    try {
      this.inputPorts = readPorts(api, pointer, "input");
      this.outputPorts = readPorts(api, pointer, "output");
    } catch (error) {
      this.handle.dispose();
      throw error;
    }
    this.inputs = Array.from(this.inputPorts.values(), (port) => port.info);
    this.outputs = Array.from(this.outputPorts.values(), (port) => port.info);
  }

  /** Whether the graph has an input of this name. */
  takes(name: string): boolean {
    return this.inputPorts.has(name);
  }

  /** Whether the graph has an output of this name. */
  gives(name: string): boolean {
    return this.outputPorts.has(name);
  }

  /**
   * Runs the graph once and gives the fetched outputs (all, unless named) in memory onnxruntime allocated: dispose
   * them. The event loop stays free; the feeds may be disposed but not written to before the promise settles.
   *
   * @throws TypeError if a feed is missing, unknown, or of the wrong dtype or shape
   * @throws UserError `cancelled` if the signal stopped it, `out_of_memory`
   */
  async run<const F extends string = string>(
    feeds: Readonly<Record<string, Tensor>>,
    fetches: readonly F[] = [...this.outputPorts.keys()] as F[],
    { signal }: RunCallOptions = {},
  ): Promise<Record<F, Tensor>> {
    const { api } = this.#runtime;
    const outputs = fetches.map((name) => portOf(this.outputPorts, "output", name));
    const fed = this.#checkFeeds(feeds);
    const values = new BigUint64Array(outputs.length);
    const inputNames = addresses(fed, ([port]) => Deno.UnsafePointer.of(port.cName));
    const inputValues = addresses(fed, ([, tensor]) => tensor.handle.pointer);
    const outputNames = addresses(outputs, (port) => Deno.UnsafePointer.of(port.cName));
    const claimed = [this.handle, ...fed.map(([, tensor]) => tensor.handle)];
    claimAll(claimed);
    try {
      const session = this.handle.pointer;
      const pinned = [inputNames, inputValues, outputNames, values];
      await cancellable(api, signal, "run the session", (options) =>
        inFlight(pinned, () =>
          api.Run(
            session,
            options,
            inputNames,
            inputValues,
            BigInt(fed.length),
            outputNames,
            BigInt(outputs.length),
            values,
          )));
      return this.#adopt(fetches, values, feeds);
    } finally {
      for (const handle of claimed) handle.drop();
    }
  }

  #checkFeeds(feeds: Readonly<Record<string, Tensor>>): [Port, Tensor][] {
    const fed = Object.entries(feeds).map(([name, tensor]): [Port, Tensor] => {
      const port = portOf(this.inputPorts, "input", name);
      checkFits(port.info, tensor);
      return [port, tensor];
    });
    if (fed.length < this.inputPorts.size) {
      const missing = [...this.inputPorts.keys()].filter((name) => !Object.hasOwn(feeds, name));
      throw new TypeError(`Cannot run the session: no tensor for ${missing.join(", ")}`);
    }
    return fed;
  }

  #adopt<F extends string>(
    fetches: readonly F[],
    values: BigUint64Array,
    feeds: Readonly<Record<string, Tensor>>,
  ): Record<F, Tensor> {
    const entries = fetches.map((name, i) => {
      const value = Deno.UnsafePointer.create(values[i]!)!;
      return [name, Tensor.fromOrtValue(this.#runtime, value, feeds[name]?.handle)];
    });
    return Object.fromEntries(entries);
  }

  /** The nodes and who runs each; a session on the host says so only if its config asked for it to be recorded. */
  nodes(): AssignedNode[] {
    return assignedNodes(this.#runtime.api, this.handle.pointer);
  }

  /** A persistent set of inputs and outputs for running the same tensors many times. */
  bind(): Binding {
    return new Binding(this.#runtime, this);
  }

  /** Closes the profile asked for by the `profile` option. Returns the name of the file. */
  endProfiling(): string {
    const { api } = this.#runtime;
    const session = this.handle.pointer;
    return api.text("end profiling", (cell) => api.SessionEndProfiling(session, api.allocator, cell));
  }

  /** Frees the session once its runs in flight and its bindings are gone. */
  dispose(): void {
    this.handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function addresses<T>(items: readonly T[], of: (item: T) => Deno.PointerValue): BigUint64Array<ArrayBuffer> {
  return BigUint64Array.from(items, (item) => Deno.UnsafePointer.value(of(item)));
}
