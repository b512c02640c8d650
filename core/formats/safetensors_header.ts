/**
 * The header of a safetensors file: an 8-byte length, then JSON that gives each tensor's dtype, shape and place.
 * Everything in it is checked against the file's size before a tensor is read. Reads no file.
 * Format: https://github.com/huggingface/safetensors#format
 */
import { UserError } from "../errors.ts";
import { isRecord, parseStrictJson, quote } from "./strict_json.ts";

/** The format's element types and their sizes. Those that are not widened or read whole are listed to be named. */
export const SAFETENSORS_DTYPES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type SafetensorsDtype = keyof typeof SAFETENSORS_DTYPES;

/** Bytes before the JSON. */
export const LENGTH_BYTES = 8;

/** Some hundred times what published models have in a file; the reference library takes headers of 100 MB. */
export const MAX_HEADER_BYTES = 32_000_000;

/** In a file, and in all shards of a model; the largest published models have fewer. */
export const MAX_TENSORS = 100_000;

/** Where a tensor lies; offsets are bytes from the start of the file. */
export interface TensorEntry {
  dtype: SafetensorsDtype;
  shape: number[];
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  tensors: Map<string, TensorEntry>;
  metadata: Record<string, string>;
}

/**
 * The length of the JSON, from the first 8 bytes of a file of `fileBytes`.
 * @throws {UserError} `damaged_model` when it cannot be right
 */
export function headerLength(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (prefix.length < LENGTH_BYTES) {
    throw damaged(file, `is ${fileBytes} bytes long, too short for a safetensors file`);
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const limit = Math.min(MAX_HEADER_BYTES, fileBytes - LENGTH_BYTES);
  if (length > BigInt(limit)) {
    throw damaged(file, `announces a header of ${length} bytes: at most ${limit} fit`);
  }
  return Number(length);
}

/**
 * The tensors that the JSON announces, their places made absolute.
 * @throws {UserError} `damaged_model` naming the tensor when a dtype, shape or place is wrong, when two tensors
 * overlap, or when the tensors do not fill the file exactly
 */
export function parseHeader(json: Uint8Array, fileBytes: number, file: string): SafetensorsHeader {
  const parsed = parseStrictJson(json, `The header of ${file}`, MAX_TENSORS + 2); // itself and __metadata__
  if (!isRecord(parsed)) throw damaged(file, "has a header that is not a JSON object");
  const dataStart = LENGTH_BYTES + json.length;
  const { __metadata__: metadata = {}, ...entries } = parsed;
  const tensors = new Map<string, TensorEntry>();
  for (const [name, entry] of Object.entries(entries)) {
    tensors.set(name, tensorEntry(entry, dataStart, fileBytes, `Tensor ${quote(name)} of ${file}`));
  }
  checkPlaces(tensors, dataStart, fileBytes, file);
  return { tensors, metadata: stringMetadata(metadata, file) };
}

function tensorEntry(entry: unknown, dataStart: number, fileBytes: number, what: string): TensorEntry {
  if (!isRecord(entry)) throw damaged(what, "is not described by an object");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(SAFETENSORS_DTYPES, dtype)) {
    throw damaged(what, `has dtype ${quote(dtype)}: known are ${Object.keys(SAFETENSORS_DTYPES).join(", ")}`);
  }
  if (!Array.isArray(shape) || shape.length > 16 || !shape.every(isSize)) {
    throw damaged(what, `has shape ${quote(shape)}: expected a list of at most 16 sizes`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw damaged(what, `has data_offsets ${quote(offsets)}: expected two byte positions`);
  }
  const [begin, end] = [dataStart + offsets[0]!, dataStart + offsets[1]!];
  if (begin > end || end > fileBytes) {
    throw damaged(what, `ends at byte ${end} of ${fileBytes}: the file is cut short or its header is wrong`);
  }
  const bytes = shape.reduce(
    (product, size) => product * size,
    SAFETENSORS_DTYPES[dtype as SafetensorsDtype],
  );
  if (bytes !== end - begin) {
    throw damaged(what, `has ${end - begin} bytes: ${dtype} of shape [${shape}] has ${bytes}`);
  }
  return { dtype: dtype as SafetensorsDtype, shape, begin, end };
}

/** Tensors lie one after another from the end of the header to the end of the file, as the format demands. */
function checkPlaces(
  tensors: Map<string, TensorEntry>,
  dataStart: number,
  fileBytes: number,
  file: string,
): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let at = dataStart;
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== at) {
      const fault = begin < at
        ? "overlaps the tensor before it"
        : `leaves ${begin - at} bytes unused before it`;
      throw damaged(`Tensor ${quote(name)} of ${file}`, fault);
    }
    at = end;
  }
  if (at !== fileBytes) throw damaged(file, `has ${fileBytes - at} bytes after its last tensor`);
}

function stringMetadata(metadata: unknown, file: string): Record<string, string> {
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw damaged(file, "has __metadata__ that is not an object of strings");
  }
  return metadata as Record<string, string>;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function damaged(what: string, fault: string): UserError {
  return new UserError("damaged_model", `${what} ${fault}`);
}
