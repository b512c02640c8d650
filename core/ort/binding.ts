/**
 * A session's inputs and outputs bound to tensors once and run many times: nothing is copied or looked up per run.
 * The decode loop binds its KV cache as input and output, so each token is one call.
 */
import { cancellable } from "./cancellable.ts";
import { Handle } from "./handle.ts";
import type { Place } from "./memory.ts";
import type { Runtime } from "./runtime.ts";
import type { RunCallOptions, Session } from "./session.ts";
import { checkFits, portOf } from "./signature.ts";
import { Tensor } from "./tensor.ts";

const ACTION = "run the binding";

export class Binding {
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #handle: Handle;
  readonly #inputs = new Map<string, Handle>();
  /** By name in order of first binding: the tensor's handle, or the place where onnxruntime allocates it. */
  readonly #outputs = new Map<string, Handle | Place>();
  /** Outputs to allocate anew, because the last run left its own value in the binding. */
  #stale = false;
  #allocates = false;
  #running = false;

  /** @internal Use `Session.bind`. */
  constructor(runtime: Runtime, session: Session) {
    const { api } = runtime;
    this.#runtime = runtime;
    this.#session = session;
    const pointer = api.pointer(
      "make a binding",
      (cell) => api.CreateIoBinding(session.handle.pointer, cell),
    );
    const release = (binding: Deno.PointerObject) => {
      api.ReleaseIoBinding(binding);
      for (const bound of [...this.#inputs.values(), ...this.#outputs.values()]) drop(bound);
    };
    this.#handle = new Handle("binding", pointer, release, [session.handle]);
  }

  /**
   * Binds an input until it is bound anew. The tensor may be written to between runs and disposed at any time.
   *
   * @throws TypeError for an unknown name, a wrong dtype or shape, or while a run is in flight
   */
  input(name: string, tensor: Tensor): this {
    const port = portOf(this.#session.inputPorts, "input", name);
    checkFits(port.info, tensor);
    const { api } = this.#runtime;
    const value = tensor.handle.pointer;
    api.check(api.BindInput(this.#idle(), port.cName, value), `bind input '${name}'`);
    this.#keep(this.#inputs, name, tensor.handle);
    return this;
  }

  /**
   * Binds an output to memory that every run overwrites; it may be an input's memory too, where the graph's
   * operators allow it.
   *
   * @throws TypeError for an unknown name, a wrong dtype or shape, or while a run is in flight
   */
  output(name: string, tensor: Tensor): this {
    const port = portOf(this.#session.outputPorts, "output", name);
    checkFits(port.info, tensor);
    const { api } = this.#runtime;
    const value = tensor.handle.pointer;
    api.check(api.BindOutput(this.#idle(), port.cName, value), `bind output '${name}'`);
    this.#keep(this.#outputs, name, tensor.handle);
    return this;
  }

  /** Lets onnxruntime allocate an output at `place`, anew in every run; `outputs` gives it. */
  outputOnDevice(name: string, place: Place = "cpu"): this {
    this.#bindToPlace(name, place);
    this.#keep(this.#outputs, name, place);
    this.#allocates = true;
    return this;
  }

  #bindToPlace(name: string, place: Place): void {
    const { cName } = portOf(this.#session.outputPorts, "output", name);
    const { api } = this.#runtime;
    const memory = this.#runtime.memoryInfo(place);
    api.check(api.BindOutputToDevice(this.#idle(), cName, memory), `bind output '${name}' to ${place}`);
  }

  /**
   * Runs on another thread, so the event loop stays free.
   *
   * @throws TypeError if an input or every output is unbound, or a run is in flight
   * @throws UserError `cancelled` if the signal stopped it, `out_of_memory`
   */
  async run({ signal }: RunCallOptions = {}): Promise<void> {
    const { api } = this.#runtime;
    const binding = this.#ready();
    const session = this.#session.handle.pointer;
    this.#handle.claim();
    this.#running = true;
    try {
      await cancellable(api, signal, ACTION, (options) => api.RunWithBinding(session, options, binding));
    } finally {
      this.#running = false;
      this.#stale = this.#allocates;
      this.#handle.drop();
    }
  }

  /** Runs on this thread: less overhead per call, but nothing else happens and nothing can stop it. */
  runSync(): void {
    const { api } = this.#runtime;
    const binding = this.#ready();
    try {
      api.check(api.RunWithBindingSync(this.#session.handle.pointer, null, binding), ACTION);
    } finally {
      this.#stale = this.#allocates;
    }
  }

  #ready(): Deno.PointerObject {
    if (this.#stale) {
      for (const [name, bound] of this.#outputs) {
        if (typeof bound === "string") this.#bindToPlace(name, bound);
      }
      this.#stale = false;
    }
    const { inputPorts } = this.#session;
    if (this.#inputs.size < inputPorts.size) {
      const missing = [...inputPorts.keys()].filter((name) => !this.#inputs.has(name));
      throw new TypeError(`Cannot ${ACTION}: nothing is bound to ${missing.join(", ")}`);
    }
    if (this.#outputs.size === 0) throw new TypeError(`Cannot ${ACTION}: no output is bound`);
    return this.#idle();
  }

  #idle(): Deno.PointerObject {
    if (this.#running) throw new TypeError("Cannot use a binding while its run is in flight");
    return this.#handle.pointer;
  }

  /**
   * The outputs bound by `outputOnDevice`, from the last run: each call gives new tensors to dispose. Those bound
   * by `output` are the tensors the caller already has.
   */
  outputs(): Record<string, Tensor> {
    const { api } = this.#runtime;
    const list = new BigUint64Array(1);
    const count = new BigUint64Array(1);
    const status = api.GetBoundOutputValues(this.#idle(), api.allocator, list, count);
    api.check(status, "read a binding's outputs");
    const array = Deno.UnsafePointer.create(list[0]!);
    if (array === null) return {};
    const values = new Deno.UnsafePointerView(array);
    const outputs: [string, Tensor][] = [];
    let index = 0;
    for (const [name, bound] of this.#outputs) {
      const value = values.getPointer(8 * index++);
      if (value === null) continue;
      if (typeof bound === "string") {
        outputs.push([name, Tensor.fromOrtValue(this.#runtime, value, this.#inputs.get(name), bound)]);
      } else api.ReleaseValue(value);
    }
    api.check(api.AllocatorFree(api.allocator, array), "free a list");
    return Object.fromEntries(outputs);
  }

  #keep<B extends Handle | Place>(
    bounds: Map<string, Handle | Place> | Map<string, B>,
    name: string,
    bound: B,
  ) {
    const before = bounds.get(name);
    if (bound instanceof Handle) bound.claim();
    (bounds as Map<string, Handle | Place>).set(name, bound);
    if (before !== undefined) drop(before);
  }

  /** Frees the binding, after its run in flight; the tensors stay their owners'. */
  dispose(): void {
    this.#handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function drop(bound: Handle | Place): void {
  if (bound instanceof Handle) bound.drop();
}
