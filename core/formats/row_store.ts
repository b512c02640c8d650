/**
 * A dataset's rows on the disk: `rows.jsonl`, a JSON object a line, and `rows.offsets`, where each line begins. Any row is
 * read without those before it, so a million of them are never in memory; and the first file is what everybody's tools
 * read. Files are opened for each block that is read, so that nobody has to close a store.
 */
import { join } from "node:path";
import { type AboutRows, aboutRowsSchema } from "../contract/dataset_conversion.ts";
import { UserError } from "../errors.ts";

/** Below DATA_DIR: a folder for each dataset, and one for what was found out of all its rows. */
export const DATASETS_FOLDER = "datasets";
export const SURVEYS_FOLDER = "surveys";

export const ROWS_FILE = "rows.jsonl";
/** Each row's first byte and, last, where the file ends: float64, JavaScript's own numbers, in little-endian order. */
export const OFFSETS_FILE = "rows.offsets";
/** What is known of the rows. */
export const ABOUT_FILE = "dataset.json";

const BYTES = Float64Array.BYTES_PER_ELEMENT;
/** Written at once. */
const WRITE_BYTES = 1 << 20;
/** Read at once: rows that follow one another cost one read. */
const READ_BYTES = 1 << 16;
const READ_OFFSETS = 4096;

/** Bytes that are written in large pieces. */
class BufferedFile {
  readonly #file: Deno.FsFile;
  #buffer = new Uint8Array(WRITE_BYTES);
  #used = 0;

  constructor(path: string) {
    this.#file = Deno.openSync(path, { write: true, createNew: true });
  }

  write(bytes: Uint8Array): void {
    if (this.#used + bytes.length > WRITE_BYTES) this.#flush();
    if (bytes.length > WRITE_BYTES) return this.#writeAll(bytes);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** Waits until the device has all of it. */
  finish(): void {
    this.#flush();
    this.#file.syncSync();
  }

  close(): void {
    this.#file.close();
  }

  #flush(): void {
    this.#writeAll(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #writeAll(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
  }
}

const LINE_END = new Uint8Array([10]);

/** Writes a store into a folder that has none. */
export class RowWriter implements Disposable {
  readonly #folder: string;
  readonly #rows: BufferedFile;
  readonly #offsets: BufferedFile;
  #bytes = 0;
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#rows = new BufferedFile(join(folder, ROWS_FILE));
    this.#offsets = new BufferedFile(join(folder, OFFSETS_FILE));
    this.#mark();
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a row, a JSON object without a line end in it, in UTF-8. */
  write(line: Uint8Array): void {
    this.#rows.write(line);
    this.#rows.write(LINE_END);
    this.#bytes += line.length + 1;
    this.#count++;
    this.#mark();
  }

  /** Waits until the device has all rows. */
  finish(columns: readonly string[]): AboutRows {
    this.#rows.finish();
    this.#offsets.finish();
    const about = { rows: this.#count, columns: [...columns] };
    const file = new BufferedFile(join(this.#folder, ABOUT_FILE));
    file.write(new TextEncoder().encode(JSON.stringify(about) + "\n"));
    file.finish();
    file.close();
    return about;
  }

  [Symbol.dispose](): void {
    this.#rows.close();
    this.#offsets.close();
  }

  #mark(): void {
    this.#offsets.write(new Uint8Array(Float64Array.of(this.#bytes).buffer));
  }
}

function damaged(cause?: unknown): UserError {
  return new UserError("damaged_data", "The dataset's files are damaged or gone", [], { cause });
}

/** What `work` reads; what keeps it from reading is the dataset's damage. */
function reading<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw thrown instanceof UserError ? thrown : damaged(thrown);
  }
}

/** Bytes `from` to `to` of a file. */
function readAt(path: string, from: number, to: number): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  file.seekSync(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(to - from);
  for (let at = 0; at < bytes.length;) {
    const count = file.readSync(bytes.subarray(at));
    if (count === null) throw damaged();
    at += count;
  }
  return bytes;
}

/** Reads a store. */
export class RowReader {
  readonly about: AboutRows;
  readonly #rows: string;
  readonly #offsets: string;
  /** The block of rows that was read last, and where it begins. */
  #block = new Uint8Array();
  #blockAt = 0;
  #marks = new Float64Array();
  #marksAt = 0;

  /** @throws {UserError} `damaged_data` when the files are not there, or not of one store */
  constructor(folder: string) {
    this.#rows = join(folder, ROWS_FILE);
    this.#offsets = join(folder, OFFSETS_FILE);
    this.about = reading(() =>
      aboutRowsSchema.parse(JSON.parse(Deno.readTextFileSync(join(folder, ABOUT_FILE))))
    );
    reading(() => {
      const { rows } = this.about;
      const whole = Deno.statSync(this.#offsets).size === (rows + 1) * BYTES &&
        Deno.statSync(this.#rows).size === this.#mark(rows);
      if (!whole) throw damaged();
    });
  }

  get length(): number {
    return this.about.rows;
  }

  /** Row `index` as it is on its line. @throws {UserError} `damaged_data` */
  line(index: number): string {
    return reading(() => {
      const [from, to] = [this.#mark(index), this.#mark(index + 1) - 1];
      if (!(to > from)) throw damaged();
      if (from < this.#blockAt || to > this.#blockAt + this.#block.length) {
        const end = Math.min(Math.max(to, from + READ_BYTES), this.#end);
        this.#block = readAt(this.#rows, from, end);
        this.#blockAt = from;
      }
      const bytes = this.#block.subarray(from - this.#blockAt, to - this.#blockAt);
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    });
  }

  /** Row `index`. @throws {UserError} `damaged_data` */
  row(index: number): Record<string, unknown> {
    const line = this.line(index);
    return reading(() => JSON.parse(line));
  }

  get #end(): number {
    return this.#endOfFile ??= this.#mark(this.length);
  }

  #endOfFile: number | undefined;

  /** Where row `index` begins. */
  #mark(index: number): number {
    if (index < this.#marksAt || index >= this.#marksAt + this.#marks.length) {
      const end = Math.min(index + READ_OFFSETS, this.length + 1);
      this.#marks = new Float64Array(readAt(this.#offsets, index * BYTES, end * BYTES).buffer);
      this.#marksAt = index;
    }
    return this.#marks[index - this.#marksAt]!;
  }
}
