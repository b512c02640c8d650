/**
 * Columns of numbers and texts in one safetensors file, of which any run of rows is read alone: a page of a large file
 * costs what is on the page. A column of texts is their UTF-8 one after another, and where each ends.
 */
import { UserError } from "../errors.ts";
import { joinBytes } from "../join_bytes.ts";
import {
  headerLength,
  LENGTH_BYTES,
  parseHeader,
  type SafetensorsDtype,
  type SafetensorsHeader,
} from "./safetensors_header.ts";
import type { TensorToWrite } from "./write_safetensors.ts";

/** A file up to this size is read at once: one read costs less than many small ones. */
const WHOLE_BYTES = 256 * 1024;
/** A larger one is read by blocks, of which so many are in memory. */
const BLOCK_BYTES = 32 * 1024;
const MAX_BLOCKS = 64;

const ARRAYS = { I32: Int32Array, F32: Float32Array, F64: Float64Array, U8: Uint8Array } as const;

type ColumnDtype = keyof typeof ARRAYS;
type ArrayOf<D extends ColumnDtype> = InstanceType<(typeof ARRAYS)[D]>;

/** The name of the column that says where the texts of `name` end, in bytes. */
const endsOf = (name: string) => `${name}_end`;

/** A column of numbers. */
export function numbersColumn(
  data:
    | Int32Array<ArrayBuffer>
    | Float32Array<ArrayBuffer>
    | Float64Array<ArrayBuffer>
    | Uint8Array<ArrayBuffer>,
): TensorToWrite {
  const [dtype] = Object.entries(ARRAYS).find(([, array]) => data instanceof array)!;
  return { dtype, shape: [data.length], data } as TensorToWrite;
}

/** A column of texts, as the two that it is written as. */
export function textsColumn(name: string, texts: readonly string[]): Record<string, TensorToWrite> {
  const encoder = new TextEncoder();
  const parts = texts.map((text) => encoder.encode(text));
  let end = 0;
  const ends = Int32Array.from(parts, ({ length }) => end += length);
  return { [name]: numbersColumn(joinBytes(parts)), [endsOf(name)]: numbersColumn(ends) };
}

export class ColumnFile {
  readonly #file: Deno.FsFile | null;
  readonly #whole: Uint8Array<ArrayBuffer> | null;
  readonly #header: SafetensorsHeader;
  readonly #name: string;
  readonly #size: number;
  readonly #blocks = new Map<number, Promise<Uint8Array>>();
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    name: string,
    header: SafetensorsHeader,
    source: { file: Deno.FsFile; size: number } | { whole: Uint8Array<ArrayBuffer> },
  ) {
    this.#name = name;
    this.#header = header;
    this.#file = "file" in source ? source.file : null;
    this.#whole = "whole" in source ? source.whole : null;
    this.#size = "whole" in source ? source.whole.length : source.size;
  }

  /**
   * Opens the file `path`, which errors call `name`.
   *
   * @throws {Deno.errors.NotFound}
   * @throws {UserError} `damaged_data`
   */
  static async open(path: string, name: string): Promise<ColumnFile> {
    const file = await Deno.open(path);
    try {
      const { size } = await file.stat();
      const first = new Uint8Array(Math.min(size, WHOLE_BYTES));
      await fill(file, first, name);
      const length = undamaged(name, () => headerLength(first.subarray(0, LENGTH_BYTES), size, name));
      let json = first.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
      if (json.length < length) {
        json = new Uint8Array(length);
        await file.seek(LENGTH_BYTES, Deno.SeekMode.Start);
        await fill(file, json, name);
      }
      const header = undamaged(name, () => parseHeader(json, size, name));
      if (size > WHOLE_BYTES) return new ColumnFile(name, header, { file, size });
      file.close();
      return new ColumnFile(name, header, { whole: first });
    } catch (thrown) {
      try {
        file.close();
      } catch { /* It is closed. */ }
      throw thrown;
    }
  }

  get metadata(): Record<string, string> {
    return this.#header.metadata;
  }

  has(name: string): boolean {
    return this.#header.tensors.has(name);
  }

  /** Rows of a column. @throws {UserError} `damaged_data` when there is none of that name */
  rows(name: string): number {
    return this.#find(name).shape[0] ?? 0;
  }

  /**
   * Rows `first` to `end` of a column of numbers; all of it by default.
   *
   * @throws {UserError} `damaged_data` when the column is not there, of another type or shorter, or cannot be read
   */
  async numbers<D extends ColumnDtype>(
    name: string,
    dtype: D,
    first = 0,
    end = this.rows(name),
  ): Promise<ArrayOf<D>> {
    const entry = this.#find(name);
    const size = ARRAYS[dtype].BYTES_PER_ELEMENT;
    if (entry.dtype !== dtype as SafetensorsDtype || first < 0 || end < first || end > this.rows(name)) {
      throw damagedFile(this.#name, `its column ${name} has no ${dtype} of rows ${first} to ${end}`);
    }
    const bytes = await this.#read(entry.begin + first * size, entry.begin + end * size);
    return new ARRAYS[dtype](bytes.buffer) as ArrayOf<D>;
  }

  /** Rows `first` to `end` of a column of texts; all of it by default. @throws {UserError} `damaged_data` */
  async texts(name: string, first = 0, end = this.rows(endsOf(name))): Promise<string[]> {
    const textAt = await this.encodedTexts(name, first, end);
    return Array.from({ length: end - first }, (_, row) => textAt(row));
  }

  /** The same, not decoded yet: what gives the text of a row, counted from `first`. */
  async encodedTexts(
    name: string,
    first = 0,
    end = this.rows(endsOf(name)),
  ): Promise<(row: number) => string> {
    const read = await this.numbers(endsOf(name), "I32", Math.max(0, first - 1), end);
    const [start, ends] = first === 0 ? [0, read] : [read[0]!, read.subarray(1)];
    const bytes = await this.numbers(name, "U8", start, ends.at(-1) ?? start);
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return (row) => {
      const from = row === 0 ? start : ends[row - 1]!;
      return decoder.decode(bytes.subarray(from - start, ends[row]! - start));
    };
  }

  close(): void {
    this.#file?.close();
  }

  #find(name: string) {
    const entry = this.#header.tensors.get(name);
    if (!entry) throw damagedFile(this.#name, `it has no column ${name}`);
    return entry;
  }

  /** A copy of the bytes, so that an array over them is aligned. */
  async #read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#whole) return this.#whole.slice(begin, end);
    if (end - begin > BLOCK_BYTES) return await this.#readFile(begin, end);
    const first = Math.floor(begin / BLOCK_BYTES);
    const bytes = new Uint8Array(end - begin);
    for (let block = first; block * BLOCK_BYTES < end; block++) {
      const start = block * BLOCK_BYTES;
      const read = await this.#block(block);
      bytes.set(read.subarray(Math.max(0, begin - start), end - start), Math.max(0, start - begin));
    }
    return bytes;
  }

  /** A block of the file: rows that are read one after another are in few of each column's. */
  async #block(block: number): Promise<Uint8Array> {
    let read = this.#blocks.get(block);
    if (!read) {
      const start = block * BLOCK_BYTES;
      read = this.#readFile(start, Math.min(start + BLOCK_BYTES, this.#size));
      if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!);
      this.#blocks.set(block, read);
    }
    return await read;
  }

  /** Seeking and reading are two calls on one handle, so one read ends before the next begins. */
  #readFile(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const result = this.#turn.then(async () => {
      const bytes = new Uint8Array(end - begin);
      await this.#file!.seek(begin, Deno.SeekMode.Start);
      await fill(this.#file!, bytes, this.#name);
      return bytes;
    });
    this.#turn = result.catch(() => {});
    return result;
  }
}

async function fill(file: Deno.FsFile, bytes: Uint8Array, name: string): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const read = await file.read(bytes.subarray(at));
    if (read === null) throw damagedFile(name, "it was cut short while it was read");
    at += read;
  }
}

/** What `parse` gives; a header that is wrong is this file's fault, not a model's. */
function undamaged<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (thrown) {
    throw thrown instanceof UserError ? damagedFile(name, thrown.message, thrown) : thrown;
  }
}

function damagedFile(name: string, why: string, cause?: unknown): UserError {
  return new UserError("damaged_data", `The file of ${name} is damaged: ${why}`, [], { cause });
}
