/** Writing safetensors: the same tensors give the same bytes, laid out as the reference library does. */
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "./atomic_file.ts";
import { LENGTH_BYTES, SAFETENSORS_DTYPES, type SafetensorsDtype } from "./safetensors_header.ts";

/** The arrays that hold each element type we write; half precision travels as its bits. */
const VIEWS = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const satisfies Partial<Record<SafetensorsDtype, unknown>>;

/** One tensor to write: `data` has as many elements as the product of `shape`. */
export type TensorToWrite = {
  [D in keyof typeof VIEWS]: { dtype: D; shape: readonly number[]; data: InstanceType<(typeof VIEWS)[D]> };
}[keyof typeof VIEWS];

/**
 * Writes `tensors` as the file `path`, in one step. Wide elements come first and then the order is that of the
 * names, so every tensor is aligned to its element size.
 * @throws {RangeError} when an array does not have the length its shape says
 */
export async function writeSafetensors(
  path: string,
  tensors: Record<string, TensorToWrite>,
  metadata: Record<string, string> = {},
): Promise<void> {
  await writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/** The bytes of a safetensors file, in chunks that share memory with the tensors. */
export function* encodeSafetensors(
  tensors: Record<string, TensorToWrite>,
  metadata: Record<string, string> = {},
): Generator<Uint8Array> {
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) checkTensor(name, dtype, shape, data);
  const { header, names } = layOut(tensors, metadata);
  yield header;
  for (const name of names) yield bytesOf(tensors[name]!.data);
}

/** The same for float32 tensors that are made one at a time, when the file has come to them. */
export async function* streamSafetensors(
  shapes: Record<string, readonly number[]>,
  read: (name: string) => Promise<Float32Array<ArrayBuffer>>,
  metadata: Record<string, string> = {},
): AsyncGenerator<Uint8Array> {
  const tensors = Object.entries(shapes).map(([name, shape]) => [name, { dtype: "F32" as const, shape }]);
  const { header, names } = layOut(Object.fromEntries(tensors), metadata);
  yield header;
  for (const name of names) {
    const data = await read(name);
    checkTensor(name, "F32", shapes[name]!, data);
    yield bytesOf(data);
  }
}

function bytesOf(data: ArrayBufferView<ArrayBuffer>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The header, and the names in the order of their data. */
function layOut(
  tensors: Record<string, Pick<TensorToWrite, "dtype" | "shape">>,
  metadata: Record<string, string>,
): { header: Uint8Array; names: string[] } {
  const inOrder = Object.entries(tensors).sort(([nameA, a], [nameB, b]) =>
    SAFETENSORS_DTYPES[b.dtype] - SAFETENSORS_DTYPES[a.dtype] || compareCodeUnits(nameA, nameB)
  );
  const header: Record<string, unknown> = {};
  if (Object.keys(metadata).length > 0) {
    header.__metadata__ = Object.fromEntries(
      Object.entries(metadata).sort(([a], [b]) => compareCodeUnits(a, b)),
    );
  }
  let at = 0;
  for (const [name, { dtype, shape }] of inOrder) {
    const end = at + shape.reduce((product, size) => product * size, VIEWS[dtype].BYTES_PER_ELEMENT);
    header[name] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  return { header: encodeHeader(header), names: inOrder.map(([name]) => name) };
}

/** The length and the JSON, padded with spaces so that the data begins at a multiple of 8. */
function encodeHeader(header: Record<string, unknown>): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + padded).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}

function checkTensor(
  name: string,
  dtype: keyof typeof VIEWS,
  shape: readonly number[],
  data: ArrayBufferView,
): void {
  // These two would be lost or mistaken in a JSON object of our own making.
  if (name === "__metadata__" || name === "__proto__") {
    throw new UserError("invalid_request", `A tensor cannot be named ${name}`);
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!(data instanceof VIEWS[dtype]) || data.length !== elements) {
    throw new RangeError(
      `Tensor '${name}' must hold ${elements} elements of ${dtype}: its shape is [${shape}]`,
    );
  }
}

/** The order of strings that no locale changes. */
function compareCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
