/**
 * Reading tensors from a model folder or one safetensors file. Only headers are read at opening; a tensor is
 * read when it is asked for, straight into the array that is returned. Nothing is kept.
 */
import { Buffer } from "node:buffer";
import { basename, join } from "node:path";
import { UserError } from "../errors.ts";
import { WEIGHTS_FILE, WEIGHTS_INDEX_FILE } from "./model_files.ts";
import { refusePickles } from "./pickles.ts";
import { isDanglingLink } from "./read_bounded.ts";
import {
  headerLength,
  LENGTH_BYTES,
  MAX_TENSORS,
  parseHeader,
  type SafetensorsDtype,
  type SafetensorsHeader,
} from "./safetensors_header.ts";
import { readShardNames } from "./shard_index.ts";
import { quote } from "./strict_json.ts";
import { widenBfloat16, widenFloat16 } from "./half_precision.ts";

/** Half-precision tensors pass through a buffer of this size on their way to float32, compared ones through two. */
const CHUNK_BYTES = 8 * 1024 * 1024;

export interface TensorInfo {
  dtype: SafetensorsDtype;
  shape: number[];
  /** Bytes in the file. */
  bytes: number;
  /** Name of the file that holds it. */
  file: string;
}

/** The tensors of a folder or file, by name. Reads may be asked for at the same time; they take turns. */
export interface SafetensorsSource {
  /** All tensor names, sorted. */
  names(): string[];
  has(name: string): boolean;
  /** @throws {UserError} `damaged_model` when there is no such tensor */
  info(name: string): TensorInfo;
  /** What the files say of themselves (`format`); of a sharded model, the first file's. */
  readonly metadata: Record<string, string>;
  /**
   * The values of an F32, F16 or BF16 tensor, exactly.
   * @throws {UserError} `damaged_model` when it is missing or the file is cut short, `unsupported_model` for another dtype
   */
  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** The values in the tensor's own kind: floats as float32, I64 as bigint, I32 as int32. */
  read(
    name: string,
  ): Promise<Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer> | Int32Array<ArrayBuffer>>;
  /**
   * Whether two tensors are of one dtype and shape and hold the same bytes.
   * @throws {UserError} as `readFloat32` does
   */
  equal(name: string, other: string): Promise<boolean>;
  close(): void;
}

/**
 * Opens `model.safetensors` of a model folder, or without one the shards that `model.safetensors.index.json` names.
 * @throws {UserError} `damaged_model` when neither is there or a header is wrong, `unsupported_model` when there is a
 * pickle instead
 */
export async function openSafetensors(folder: string): Promise<SafetensorsSource> {
  const single = await openFile(join(folder, WEIGHTS_FILE));
  if (single) return new Source([single]);
  const shards = await readShardNames(folder);
  if (!shards) {
    await refusePickles(folder, WEIGHTS_FILE);
    throw new UserError(
      "damaged_model",
      `The model folder has neither ${WEIGHTS_FILE} nor ${WEIGHTS_INDEX_FILE}: weights in other formats are not read`,
    );
  }
  const files: OpenFile[] = [];
  try {
    let tensors = 0;
    for (const shard of shards) {
      files.push(await openExisting(join(folder, shard)));
      tensors += files.at(-1)!.header.tensors.size;
      if (tensors > MAX_TENSORS) {
        throw new UserError("damaged_model", `The model's files hold more than ${MAX_TENSORS} tensors`);
      }
    }
    return new Source(files);
  } catch (thrown) {
    for (const file of files) file.handle.close();
    throw thrown;
  }
}

/**
 * Opens one safetensors file.
 * @throws {UserError} `damaged_model` when it is missing or its header is wrong
 */
export async function openSafetensorsFile(path: string): Promise<SafetensorsSource> {
  return new Source([await openExisting(path)]);
}

interface OpenFile {
  name: string;
  handle: Deno.FsFile;
  header: SafetensorsHeader;
}

async function openExisting(path: string): Promise<OpenFile> {
  const file = await openFile(path);
  if (!file) throw new UserError("damaged_model", `${basename(path)} is missing`);
  return file;
}

async function openFile(path: string): Promise<OpenFile | null> {
  const name = basename(path);
  let handle: Deno.FsFile;
  try {
    // Asked before it is opened: opening a pipe waits for its writer.
    const { isFile } = await Deno.stat(path);
    if (!isFile) throw new UserError("damaged_model", `${name} is not a file`);
    handle = await Deno.open(path);
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    if (thrown instanceof Deno.errors.NotFound) {
      if (!await isDanglingLink(path)) return null;
      throw new UserError("damaged_model", `${name} is a link to a file that is not there`);
    }
    throw new UserError("damaged_model", `${name} cannot be opened`, [], { cause: thrown });
  }
  try {
    const { size } = await handle.stat();
    const prefix = new Uint8Array(Math.min(LENGTH_BYTES, size));
    await readAt(handle, 0, prefix, name);
    const json = new Uint8Array(headerLength(prefix, size, name));
    await readAt(handle, LENGTH_BYTES, json, name);
    return { name, handle, header: parseHeader(json, size, name) };
  } catch (thrown) {
    handle.close();
    throw thrown;
  }
}

class Source implements SafetensorsSource {
  readonly metadata: Record<string, string>;
  readonly #files: OpenFile[];
  readonly #fileOf = new Map<string, OpenFile>();
  #turn: Promise<unknown> = Promise.resolve();

  /** Everything in the files counts; of a tensor that several hold, the last, as for transformers. */
  constructor(files: OpenFile[]) {
    this.#files = files;
    this.metadata = files[0]?.header.metadata ?? {};
    for (const file of files) {
      for (const name of file.header.tensors.keys()) this.#fileOf.set(name, file);
    }
  }

  names(): string[] {
    return [...this.#fileOf.keys()].sort();
  }

  has(name: string): boolean {
    return this.#fileOf.has(name);
  }

  info(name: string): TensorInfo {
    const { file, entry } = this.#find(name);
    return { dtype: entry.dtype, shape: [...entry.shape], bytes: entry.end - entry.begin, file: file.name };
  }

  readFloat32(name: string): Promise<Float32Array<ArrayBuffer>> {
    return this.#inTurn(async () => {
      const { file, entry } = this.#find(name);
      requireFloats(name, entry.dtype);
      return await FLOAT_READERS[entry.dtype]!(file, entry.begin, entry.end);
    });
  }

  async read(name: string) {
    const { file, entry } = this.#find(name);
    if (entry.dtype in FLOAT_READERS) return await this.readFloat32(name);
    const view = INTEGER_VIEWS[entry.dtype as keyof typeof INTEGER_VIEWS];
    if (!view) {
      throw unreadable(name, entry.dtype, [...Object.keys(FLOAT_READERS), ...Object.keys(INTEGER_VIEWS)]);
    }
    return await this.#inTurn(async () => {
      const bytes = new Uint8Array(entry.end - entry.begin);
      await readAt(file.handle, entry.begin, bytes, file.name);
      return new view(bytes.buffer);
    });
  }

  equal(name: string, other: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const [one, two] = [this.#find(name), this.#find(other)];
      const [kind, otherKind] = [one, two].map(({ entry }) => `${entry.dtype} ${entry.shape}`);
      if (kind !== otherKind) return false;
      const length = one.entry.end - one.entry.begin;
      const chunks = [one, two].map(() => new Uint8Array(Math.min(CHUNK_BYTES, length))) as [
        Uint8Array,
        Uint8Array,
      ];
      for (let at = 0; at < length; at += CHUNK_BYTES) {
        const [bytes, others] = chunks.map((chunk) => chunk.subarray(0, length - at)) as typeof chunks;
        await readAt(one.file.handle, one.entry.begin + at, bytes, one.file.name);
        await readAt(two.file.handle, two.entry.begin + at, others, two.file.name);
        if (Buffer.compare(bytes, others) !== 0) return false;
      }
      return true;
    });
  }

  close(): void {
    for (const { handle } of this.#files) handle.close();
  }

  #find(name: string) {
    const file = this.#fileOf.get(name);
    const entry = file?.header.tensors.get(name);
    if (!file || !entry) {
      throw new UserError("damaged_model", `The model's files have no tensor ${quote(name)}`);
    }
    return { file, entry };
  }

  /** Seeking and reading are two calls on one handle, so one read ends before the next begins. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** @throws {UserError} `unsupported_model` for a dtype that `readFloat32` does not read */
export function requireFloats(name: string, dtype: SafetensorsDtype): void {
  if (!FLOAT_READERS[dtype]) throw unreadable(name, dtype, Object.keys(FLOAT_READERS));
}

type FloatReader = (file: OpenFile, begin: number, end: number) => Promise<Float32Array<ArrayBuffer>>;

const FLOAT_READERS: Partial<Record<SafetensorsDtype, FloatReader>> = {
  F32: async (file, begin, end) => {
    const values = new Float32Array((end - begin) / 4);
    await readAt(file.handle, begin, new Uint8Array(values.buffer), file.name);
    return values;
  },
  F16: (file, begin, end) => readHalves(file, begin, end, widenFloat16),
  BF16: (file, begin, end) => readHalves(file, begin, end, widenBfloat16),
};

const INTEGER_VIEWS = { I64: BigInt64Array, I32: Int32Array } as const;

async function readHalves(file: OpenFile, begin: number, end: number, widen: typeof widenFloat16) {
  const values = new Float32Array((end - begin) / 2);
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end - begin));
  for (let at = begin; at < end; at += chunk.length) {
    const bytes = chunk.subarray(0, Math.min(chunk.length, end - at));
    await readAt(file.handle, at, bytes, file.name);
    const first = (at - begin) / 2;
    widen(
      new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2),
      values.subarray(first, first + bytes.length / 2),
    );
  }
  return values;
}

/** Fills `out` with the bytes at `position`. */
async function readAt(handle: Deno.FsFile, position: number, out: Uint8Array, file: string): Promise<void> {
  try {
    await handle.seek(position, Deno.SeekMode.Start);
    for (let at = 0; at < out.length;) {
      const read = await handle.read(out.subarray(at, at + CHUNK_BYTES));
      if (read === null) throw new UserError("damaged_model", `${file} was cut short while it was read`);
      at += read;
    }
  } catch (thrown) {
    if (thrown instanceof UserError) throw thrown;
    throw new UserError("damaged_model", `${file} cannot be read`, [], { cause: thrown });
  }
}

function unreadable(name: string, dtype: string, readable: string[]): UserError {
  return new UserError(
    "unsupported_model",
    `Tensor ${quote(name)} has dtype ${dtype}: supported are ${readable.join(", ")}`,
  );
}
