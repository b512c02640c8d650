/**
 * Tensors as onnxruntime sees them and as typed arrays at once, over the same memory. Memory is either a JavaScript
 * array that onnxruntime borrows, or onnxruntime's own, which lives until the tensor and every view on it is disposed.
 */
import { type Dtype, DTYPES, type DtypeView } from "../../kernels/onnx/dtypes.ts";
import { UserError } from "../errors.ts";
import type { Api } from "./api.ts";
import { type BlockCopy, eachBlock } from "./device.ts";
import { Handle } from "./handle.ts";
import { type Memory, memoryOf } from "./memory.ts";
import type { Runtime } from "./runtime.ts";

const DTYPE_NAMES = new Map(
  Object.entries(DTYPES).map(([name, { onnx }]) => [onnx as number, name as Dtype]),
);

/** The dtype behind an ONNX element type number. @throws TypeError for one our graphs do not use */
export function dtypeOf(onnx: number): Dtype {
  const name = DTYPE_NAMES.get(onnx);
  if (name === undefined) throw new TypeError(`Cannot read a tensor of ONNX element type ${onnx}`);
  return name;
}

type AnyView =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Int32Array
  | BigInt64Array
  | Uint16Array;

/** The array type of a dtype, whatever kind of buffer it is on. */
type Source<D extends Dtype> = Extract<
  AnyView,
  { readonly [Symbol.toStringTag]: DtypeView<D>[typeof Symbol.toStringTag] }
>;

export class Tensor<D extends Dtype = Dtype> {
  readonly dtype: D;
  readonly dims: readonly number[];
  /** Number of elements, the product of `dims`. */
  readonly size: number;
  /** @internal The `OrtValue`; only core/ort/ uses it. */
  readonly handle: Handle;
  readonly #runtime: Runtime;
  readonly #memory: Memory;
  #data: DtypeView<D> | undefined;

  private constructor(runtime: Runtime, handle: Handle, dtype: D, dims: readonly number[], memory: Memory) {
    this.dtype = dtype;
    this.dims = dims;
    this.size = elements(dims);
    this.handle = handle;
    this.#runtime = runtime;
    this.#memory = memory;
  }

  /**
   * A tensor in CPU memory: over `data` itself, not a copy, or over new zeros.
   *
   * @throws TypeError if `data` is of another type or does not hold exactly the elements of `dims`
   * @throws UserError `out_of_memory` if the zeros do not fit
   */
  static onHost<D extends Dtype>(
    runtime: Runtime,
    dtype: D,
    dims: readonly number[],
    data?: Source<D>,
  ): Tensor<D> {
    void runtime.handle.pointer;
    const View = DTYPES[dtype].view;
    const size = elements(dims);
    const array: AnyView = data ?? zeros(dtype, size);
    if (!(array instanceof View)) {
      throw new TypeError(
        `Cannot make a ${dtype} tensor from '${array.constructor.name}': want ${View.name}`,
      );
    }
    if (array.length !== size) {
      throw new TypeError(`Cannot make a tensor of [${dims}] from ${array.length} elements: want ${size}`);
    }
    return Tensor.#over(runtime, dtype, dims, memoryOf(array));
  }

  /** Zeros where the runtime's sessions run. @throws UserError `out_of_memory` if they do not fit */
  static zerosOnDevice<D extends Dtype>(runtime: Runtime, dtype: D, dims: readonly number[]): Tensor<D> {
    const { device } = runtime;
    if (!device) return Tensor.onHost(runtime, dtype, dims);
    const bytes = elements(dims) * DTYPES[dtype].bytes;
    const owner = device.allocate(bytes);
    try {
      return Tensor.#over(runtime, dtype, dims, {
        ...{ place: device.place, address: owner.pointer, bytes, device, owner },
      });
    } finally {
      owner.dispose();
    }
  }

  /** `values` where the runtime's sessions run: shared on the host, copied to a device. */
  static onDevice<D extends Dtype>(
    runtime: Runtime,
    dtype: D,
    dims: readonly number[],
    values: Source<D>,
  ): Tensor<D> {
    if (!runtime.device) return Tensor.onHost(runtime, dtype, dims, values);
    const tensor = Tensor.zerosOnDevice(runtime, dtype, dims);
    try {
      tensor.write(values);
      return tensor;
    } catch (error) {
      tensor.dispose();
      throw error;
    }
  }

  /**
   * Zeros where the runtime's sessions run, in memory of its own on the host too: freed with the tensor and not when the
   * garbage collector gets to it. For what is large and lives for one call.
   *
   * @throws UserError `out_of_memory`
   */
  static allocate<D extends Dtype>(runtime: Runtime, dtype: D, dims: readonly number[]): Tensor<D> {
    if (runtime.device) return Tensor.zerosOnDevice(runtime, dtype, dims);
    const { api } = runtime;
    elements(dims); // refuses what are no sizes
    const shape = BigInt64Array.from(dims, BigInt);
    const value = api.pointer(
      "make a tensor",
      (cell) =>
        api.CreateTensorAsOrtValue(api.allocator, shape, BigInt(shape.length), DTYPES[dtype].onnx, cell),
    );
    const tensor = Tensor.fromOrtValue(runtime, value) as Tensor<D>;
    tensor.clear();
    return tensor;
  }

  /**
   * @internal A tensor that takes over an `OrtValue` onnxruntime made. `source` is the input it may share memory
   * with: an output that is a graph input by name is not copied.
   */
  static fromOrtValue(
    runtime: Runtime,
    value: Deno.PointerObject,
    source?: Handle,
    place: Memory["place"] = "cpu",
  ): Tensor {
    const { api } = runtime;
    const needs = source ? [runtime.handle, source] : [runtime.handle];
    const handle = new Handle("tensor", value, (pointer) => api.ReleaseValue(pointer), needs);
    try {
      const { dtype, dims } = typeAndShape(api, value);
      const address = Deno.UnsafePointer.create(dataAddress(api, value));
      const bytes = elements(dims) * DTYPES[dtype].bytes;
      const device = place === "cpu" ? undefined : runtime.device!;
      return new Tensor(runtime, handle, dtype, dims, { place, address, bytes, owner: handle, device });
    } catch (error) {
      handle.dispose();
      throw error;
    }
  }

  static #over<D extends Dtype>(
    runtime: Runtime,
    dtype: D,
    dims: readonly number[],
    memory: Memory,
  ): Tensor<D> {
    const { api } = runtime;
    const shape = BigInt64Array.from(dims, BigInt);
    const value = api.pointer("make a tensor", (cell) =>
      api.CreateTensorWithDataAsOrtValue(
        runtime.memoryInfo(memory.place),
        memory.address,
        BigInt(memory.bytes),
        shape,
        BigInt(shape.length),
        DTYPES[dtype].onnx,
        cell,
      ));
    const release = (pointer: Deno.PointerObject) => api.ReleaseValue(pointer);
    const needs = memory.owner ? [runtime.handle, memory.owner] : [runtime.handle];
    const handle = new Handle("tensor", value, release, needs, memory.array);
    return new Tensor(runtime, handle, dtype, [...dims], memory);
  }

  /** The place of the memory; only "cpu" can be looked into through `data`. */
  get place(): Memory["place"] {
    return this.#memory.place;
  }

  /**
   * The elements, row-major, as they are now: on the host the tensor's own array, not to be written to, on a device a
   * copy brought here.
   */
  read(): DtypeView<D> {
    const { device, address, bytes } = this.#memory;
    if (!device) return this.data;
    void this.handle.pointer;
    const copy = new Uint8Array(bytes);
    if (bytes > 0) device.download(address!, copy);
    return new (DTYPES[this.dtype].view)(copy.buffer) as DtypeView<D>;
  }

  /** Replaces the elements from `offset` on. @throws RangeError if they do not lie inside */
  write(values: Source<D>, offset = 0): void {
    const { device, address } = this.#memory;
    if (offset < 0 || offset + values.length > this.size) {
      throw new RangeError(
        `Cannot write ${values.length} elements at ${offset}: the tensor [${this.dims}] holds ${this.size}`,
      );
    }
    if (!device) return (this.data as unknown as { set(v: unknown, o: number): void }).set(values, offset);
    void this.handle.pointer;
    if (values.length === 0) return;
    const to = Deno.UnsafePointer.offset(address!, offset * DTYPES[this.dtype].bytes);
    device.upload(to!, bytesOf(values));
  }

  /** Sets all elements to zero, where they are. */
  clear(): void {
    const { device, address, bytes } = this.#memory;
    if (!device) return void bytesOf(this.data).fill(0);
    void this.handle.pointer;
    if (bytes > 0) device.clear(address!, bytes);
  }

  /**
   * Copies blocks of `source` to here, one after another. What a copy reads and what it writes must not overlap.
   *
   * @throws RangeError, before anything is copied, if a block does not lie inside its tensor or inside its step
   */
  copyFrom(source: Tensor<D>, copies: readonly BlockCopy[]): void {
    for (const { from, to, count, blocks, fromStep, toStep } of copies) {
      checkBlocks(source, { start: from, count, blocks, step: fromStep });
      checkBlocks(this, { start: to, count, blocks, step: toStep });
    }
    const { device, address } = this.#memory;
    if (device) {
      const some = copies.filter(({ count, blocks }) => count * blocks > 0);
      const [there, here] = [source.#memory.address, address] as Deno.PointerObject[];
      if (some.length > 0) device.copy(there!, here!, some, DTYPES[this.dtype].bytes);
      return;
    }
    const [values, target] = [source.data, this.data] as unknown as Float32Array[];
    for (const { from, to, count } of eachBlock(copies)) {
      target!.set(values!.subarray(from, from + count), to);
    }
  }

  /**
   * The elements, row-major, shared with onnxruntime: writing here changes the tensor. For a tensor that
   * onnxruntime allocated the array must not be touched after `dispose`; use `copy` for one that stays.
   *
   * @throws TypeError for a tensor on a device
   */
  get data(): DtypeView<D> {
    void this.handle.pointer;
    if (this.#memory.device) {
      throw new TypeError(`Cannot look into a tensor on ${this.place}: read and write copy its elements`);
    }
    return this.#data ??= this.#view();
  }

  #view(): DtypeView<D> {
    const { array, address, bytes } = this.#memory;
    const View = DTYPES[this.dtype].view as unknown as new (
      buffer: ArrayBufferLike,
      offset?: number,
      length?: number,
    ) => DtypeView<D>;
    if (array) return new View(array.buffer, array.byteOffset, this.size);
    if (address === null || bytes === 0) return new View(new ArrayBuffer(0));
    return new View(Deno.UnsafePointerView.getArrayBuffer(address, bytes));
  }

  /** The elements in an array of their own. */
  copy(): DtypeView<D> {
    return (this.#memory.device ? this.read() : this.data.slice()) as DtypeView<D>;
  }

  /**
   * Another tensor over part of the same memory, starting `offset` elements in; writes are seen by both. It may
   * outlive this one and is disposed on its own.
   *
   * @throws RangeError if the part does not lie inside this tensor
   */
  view(dims: readonly number[], offset = 0): Tensor<D> {
    void this.handle.pointer;
    const size = elements(dims);
    if (!Number.isInteger(offset) || offset < 0 || offset + size > this.size) {
      throw new RangeError(
        `Cannot view [${dims}] at element ${offset}: the tensor [${this.dims}] holds ${this.size} elements`,
      );
    }
    const { bytes } = DTYPES[this.dtype];
    const { place, address, array, owner, device } = this.#memory;
    return Tensor.#over(this.#runtime, this.dtype, dims, {
      place,
      device,
      address: address && Deno.UnsafePointer.offset(address, offset * bytes),
      bytes: size * bytes,
      owner,
      array: array && new Uint8Array(array.buffer, array.byteOffset + offset * bytes, size * bytes),
    });
  }

  /** Frees what onnxruntime holds; a run in flight, a binding or a session that uses the tensor keeps it. */
  dispose(): void {
    this.#data = undefined;
    this.handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function checkBlocks(
  { dims, size }: Tensor,
  { start, count, blocks, step }: { start: number; count: number; blocks: number; step: number },
): void {
  if (start >= 0 && count <= step && start + (blocks - 1) * step + count <= size) return;
  throw new RangeError(
    `Cannot copy ${blocks} blocks of ${count} elements, ${step} apart, at ${start}: the tensor [${dims}] holds ${size}`,
  );
}

function bytesOf(values: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = values;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function zeros(dtype: Dtype, size: number): AnyView {
  try {
    return new DTYPES[dtype].view(size);
  } catch (cause) {
    const megabytes = Math.ceil(size * DTYPES[dtype].bytes / 2 ** 20);
    throw new UserError("out_of_memory", `Cannot make a tensor of ${megabytes} MiB`, [], { cause });
  }
}

function elements(dims: readonly number[]): number {
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) {
      throw new RangeError(`Cannot make a tensor of [${dims}]: every dimension must be an integer >= 0`);
    }
  }
  return dims.reduce((product, dim) => product * dim, 1);
}

function typeAndShape(api: Api, value: Deno.PointerObject): { dtype: Dtype; dims: number[] } {
  const info = api.pointer("read a tensor's shape", (cell) => api.GetTensorTypeAndShape(value, cell));
  try {
    const dtype = dtypeOf(
      api.integer("read an element type", (cell) => api.GetTensorElementType(info, cell)),
    );
    const rank = api.integer("read a rank", (cell) => api.GetDimensionsCount(info, cell));
    const dims = new BigInt64Array(rank);
    api.check(api.GetDimensions(info, dims, BigInt(rank)), "read dimensions");
    return { dtype, dims: Array.from(dims, Number) };
  } finally {
    api.ReleaseTensorTypeAndShapeInfo(info);
  }
}

function dataAddress(api: Api, value: Deno.PointerObject): bigint {
  const cell = new BigUint64Array(1);
  api.check(api.GetTensorMutableData(value, cell), "reach a tensor's data");
  return cell[0]!;
}
