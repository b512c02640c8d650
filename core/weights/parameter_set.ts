/**
 * A network's trainable parameters in one flat buffer where the sessions run, with a tensor over each part. Graphs take
 * the parts by name, the optimizer takes whole groups: nothing is ever copied between them. The host sees values where it
 * asks for them, and on the CPU those are the buffer's own.
 */
import type { Binding } from "../ort/binding.ts";
import type { Runtime } from "../ort/runtime.ts";
import { Tensor } from "../ort/tensor.ts";

export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Parameters that share a learning rate and weight decay; contiguous in the buffer. */
export interface ParameterGroup {
  readonly name: string;
  readonly parameters: readonly ParameterShape[];
}

/** Parts start at multiples of this many floats, 64 bytes, as vector kernels like it. The gaps stay zero. */
const ALIGNMENT = 16;

interface Part {
  readonly shape: readonly number[];
  readonly size: number;
  readonly tensor: Tensor<"float32">;
}

export class ParameterSet {
  readonly groups: readonly ParameterGroup[];
  readonly #runtime: Runtime;
  readonly #whole: Tensor<"float32">;
  readonly #parts = new Map<string, Part>();
  readonly #groupTensors = new Map<string, Tensor>();

  /** Zeros of this layout. */
  constructor(runtime: Runtime, groups: readonly ParameterGroup[]) {
    this.#runtime = runtime;
    this.groups = groups;
    const aligned = (size: number) => Math.ceil(size / ALIGNMENT) * ALIGNMENT;
    const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
    const total = groups.flatMap(({ parameters }) => parameters)
      .reduce((sum, { shape }) => sum + aligned(sizeOf(shape)), 0);
    this.#whole = Tensor.zerosOnDevice(runtime, "float32", [total]);
    let offset = 0;
    for (const group of groups) {
      const start = offset;
      for (const { name, shape } of group.parameters) {
        const tensor = this.#whole.view(shape, offset);
        this.#parts.set(name, { shape, size: sizeOf(shape), tensor });
        offset += aligned(sizeOf(shape));
      }
      this.#groupTensors.set(group.name, this.#whole.view([offset - start], start));
    }
  }

  /** Names in layout order. */
  get names(): string[] {
    return [...this.#parts.keys()];
  }

  /** Number of trainable values, gaps not counted. */
  get count(): number {
    return [...this.#parts.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Size of the buffer. */
  get bytes(): number {
    return 4 * this.#whole.size;
  }

  /** One parameter's values as they are now: on the CPU the buffer's own, elsewhere a copy brought here. */
  values(name: string): Float32Array<ArrayBuffer> {
    return this.#part(name).tensor.read() as Float32Array<ArrayBuffer>;
  }

  /** Replaces one parameter's values. */
  set(name: string, values: Float32Array): void {
    this.#part(name).tensor.write(values);
  }

  shape(name: string): readonly number[] {
    return this.#part(name).shape;
  }

  tensor(name: string): Tensor {
    return this.#part(name).tensor;
  }

  has(name: string): boolean {
    return this.#parts.has(name);
  }

  /** The flat tensor (n) of one group. */
  group(name: string): Tensor {
    const tensor = this.#groupTensors.get(name);
    if (!tensor) throw new TypeError(`There is no parameter group '${name}'`);
    return tensor;
  }

  /** The flat tensor (n) of everything. */
  get flat(): Tensor<"float32"> {
    return this.#whole;
  }

  /** Binds each parameter to the inputs (or outputs) called `prefix + name`, of those the session has. */
  bind(binding: Binding, side: "input" | "output", has: (name: string) => boolean, prefix = ""): void {
    for (const [name, { tensor }] of this.#parts) {
      if (has(prefix + name)) binding[side](prefix + name, tensor);
    }
  }

  /** Zeros of the same layout. */
  like(): ParameterSet {
    return new ParameterSet(this.#runtime, this.groups);
  }

  /** Sets everything to zero. */
  clear(): void {
    this.#whole.clear();
  }

  /** A copy of the values as they are now. */
  clone(): ParameterSet {
    const copy = this.like();
    copy.flat.write(this.flat.read());
    return copy;
  }

  dispose(): void {
    for (const { tensor } of this.#parts.values()) tensor.dispose();
    for (const tensor of this.#groupTensors.values()) tensor.dispose();
    this.#whole.dispose();
  }

  #part(name: string): Part {
    const part = this.#parts.get(name);
    if (!part) throw new TypeError(`There is no parameter '${name}'`);
    return part;
  }
}
