/**
 * A place other than the host's own memory: tensors are allocated there and stay there, and bytes cross over only where
 * `upload` and `download` are named. The host itself needs none of this: there both are a look at the same array.
 */
import type { Api } from "./api.ts";
import { Handle } from "./handle.ts";
import type { Place } from "./memory.ts";

/** What a device's memory is used for, in bytes. */
export interface DeviceMemory {
  /** In tensors now. */
  used: number;
  /** In tensors at most so far. */
  peak: number;
  /** Taken from the device, free parts of it included. */
  reserved: number;
}

/** Blocks of elements from one tensor to another: the first element of each side, and from a block to the next. */
export interface BlockCopy {
  readonly from: number;
  readonly to: number;
  /** Elements of a block. */
  readonly count: number;
  readonly blocks: number;
  readonly fromStep: number;
  readonly toStep: number;
}

/** Where each block of some copies begins on either side, in order, and how many elements it has. */
export function* eachBlock(
  copies: readonly BlockCopy[],
): Generator<{ from: number; to: number; count: number }> {
  for (const { from, to, count, blocks, fromStep, toStep } of copies) {
    for (let block = 0; block < blocks; block++) {
      yield { from: from + block * fromStep, to: to + block * toStep, count };
    }
  }
}

export interface Device {
  readonly place: Place;
  /** What it is, for people: "NVIDIA H200, driver for CUDA 13.0". */
  readonly description: string;
  /** The provider that runs a session's nodes here, by onnxruntime's name. */
  readonly provider: string;
  /** @internal Where onnxruntime is told that this memory is. */
  readonly memoryInfo: Deno.PointerObject;
  /** @internal Puts a session's nodes on the device. */
  configure(sessionOptions: Deno.PointerObject): void;
  /** @internal Zeros, freed with the last claim. @throws {UserError} `out_of_memory` */
  allocate(bytes: number): Handle;
  /** @internal Both return when the bytes are where they should be. */
  upload(to: Deno.PointerObject, from: Uint8Array<ArrayBuffer>): void;
  /** @internal */
  download(from: Deno.PointerObject, to: Uint8Array<ArrayBuffer>): void;
  /** @internal Sets bytes to zero. */
  clear(at: Deno.PointerObject, bytes: number): void;
  /** @internal From the device to itself, in order, `bytes` an element; returns when all is where it should be. */
  copy(from: Deno.PointerObject, to: Deno.PointerObject, copies: readonly BlockCopy[], bytes: number): void;
  memory(): DeviceMemory;
  /** @internal */
  close(): void;
}

/** Memory that only onnxruntime's allocator knows of: what a GPU demands, tried out where there is none. */
export class AllocatedMemory implements Device {
  readonly place = "allocated";
  readonly description = "memory of the host, allocated by onnxruntime";
  readonly provider = "CPUExecutionProvider";
  readonly memoryInfo: Deno.PointerObject;
  readonly #api: Api;
  #used = 0;
  #peak = 0;

  constructor(api: Api, memoryInfo: Deno.PointerObject) {
    this.#api = api;
    this.memoryInfo = memoryInfo;
  }

  configure(): void {}

  allocate(bytes: number): Handle {
    const api = this.#api;
    const pointer = api.pointer(
      `allocate ${bytes} bytes`,
      (cell) => api.AllocatorAlloc(api.allocator, BigInt(Math.max(1, bytes)), cell),
    );
    this.clear(pointer, bytes);
    this.#used += bytes;
    this.#peak = Math.max(this.#peak, this.#used);
    return new Handle("allocation", pointer, () => {
      this.#used -= bytes;
      api.check(api.AllocatorFree(api.allocator, pointer), "free an allocation");
    });
  }

  upload(to: Deno.PointerObject, from: Uint8Array<ArrayBuffer>): void {
    bytesAt(to, from.length).set(from);
  }

  download(from: Deno.PointerObject, to: Uint8Array<ArrayBuffer>): void {
    to.set(bytesAt(from, to.length));
  }

  clear(at: Deno.PointerObject, bytes: number): void {
    bytesAt(at, bytes).fill(0);
  }

  copy(from: Deno.PointerObject, to: Deno.PointerObject, copies: readonly BlockCopy[], bytes: number): void {
    const at = (start: Deno.PointerObject, element: number, count: number) =>
      bytesAt(Deno.UnsafePointer.offset(start, element * bytes)!, count * bytes);
    for (const block of eachBlock(copies)) {
      at(to, block.to, block.count).set(at(from, block.from, block.count));
    }
  }

  memory(): DeviceMemory {
    return { used: this.#used, peak: this.#peak, reserved: this.#used };
  }

  close(): void {}
}

function bytesAt(pointer: Deno.PointerObject, bytes: number): Uint8Array {
  return bytes === 0
    ? new Uint8Array(0)
    : new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, bytes));
}
