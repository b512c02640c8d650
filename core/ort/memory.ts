/** What a tensor stands on: where the bytes are and who must stay alive for them. */
import type { Device } from "./device.ts";
import type { Handle } from "./handle.ts";

/**
 * Where tensors can be: the host's own memory, a GPU's by its index, or memory of the host that onnxruntime allocated
 * and no JavaScript array looks into. The last behaves as a GPU's does where there is none, for tests.
 */
export type Place = "cpu" | `cuda:${number}` | "allocated";

export interface Memory {
  readonly place: Place;
  /** The first byte; null only for memory of no bytes that onnxruntime allocated. */
  readonly address: Deno.PointerValue;
  readonly bytes: number;
  /** The JavaScript array that holds the bytes, if one does. */
  readonly array?: ArrayBufferView;
  /** What copies to and from the memory, where JavaScript cannot look into it. */
  readonly device?: Device;
  /** The native object whose memory this is, if it is onnxruntime's. */
  readonly owner?: Handle;
}

/** One byte to point at: an empty array has no address, and onnxruntime refuses a null one. */
const EMPTY = new Uint8Array(1);

/** The memory of a JavaScript array; the bytes never move while the array is referenced. */
export function memoryOf(array: ArrayBufferView<ArrayBuffer> | ArrayBufferView): Memory {
  const source = (array.byteLength === 0 ? EMPTY : array) as BufferSource;
  return { place: "cpu", address: Deno.UnsafePointer.of(source), bytes: array.byteLength, array };
}
