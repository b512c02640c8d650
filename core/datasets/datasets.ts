/**
 * Datasets: files that clients send once and jobs read by id. A file goes to the disk as it comes, becomes a store of rows
 * in a process of its own, and is a dataset once its folder has its name and its row is written; whatever ends before that
 * leaves nothing.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { and, eq, gt, gte, lt } from "drizzle-orm";
import { type DatasetFormat, VALIDATION_FILE } from "../contract/dataset_conversion.ts";
import type { FineTuneMethod } from "../contract/fine_tune_rows.ts";
import { naming } from "../db/damaged_data.ts";
import { newId } from "../db/new_id.ts";
import type { Database, Reader, Transaction } from "../db/open_database.ts";
import { type Page, page } from "../db/page.ts";
import { readableRows } from "../db/readable_rows.ts";
import { type DatasetRow, datasets, rowNumber } from "../db/schema.ts";
import { UserError } from "../errors.ts";
import { isAbandoned } from "../formats/abandoned.ts";
import { makeFolder, syncFolder, syncTree, TEMPORARY_PREFIX } from "../formats/atomic_file.ts";
import { DATASETS_FOLDER, ROWS_FILE, SURVEYS_FOLDER } from "../formats/row_store.ts";
import { type FileBounds, receiveFile, requireRoom } from "../formats/received_file.ts";
import { type IdempotencyKey, idempotencyKey, oldestAnswer, requireSameRequest } from "../idempotency_key.ts";
import type { Logger } from "../log.ts";
import { type Conversion, convert } from "../processes/convert_process.ts";

/** Files that come in at a time. */
const MAX_RUNNING = 4;
/** What rows may take on the disk, beside their file: compressed ones are larger than it. */
const MAX_RATIO = 4;

/** In the folder of one that comes in: where its rows are written. */
const STORE = "store";

export interface DatasetOptions {
  db: Database;
  /** Absolute. */
  dataDir: string;
  /** Of the process that reads files. */
  env: Record<string, string>;
  logger: Logger;
  max_bytes: number;
  /** Of the machine, in bytes. */
  memory: number;
  kept_free_bytes?: number;
}

export interface Upload {
  /** Of the file, as they come. */
  parts: AsyncIterable<Uint8Array>;
  format: DatasetFormat;
  /** Known once all parts are there. */
  name: () => string;
  owner: string | null;
  /** The client's Idempotency-Key. */
  key?: string;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/** What a list of datasets is narrowed by; all of it must hold. */
export interface DatasetFilter {
  name?: string;
  created_after?: Date;
  created_before?: Date;
}

/** A file that is here. */
export interface SourceFile {
  /** Absolute. */
  path: string;
  bytes: number;
  sha256: string;
}

/** What a dataset for fine-tuning is made of. */
export interface FineTuneFiles {
  method: FineTuneMethod;
  training: SourceFile;
  validation: SourceFile | null;
  name: string;
  owner: string | null;
  signal: AbortSignal;
}

const recordOf = (id: string) => `The dataset '${id}'`;

/** @throws {UserError} `not_found`, or `damaged_data` */
export async function findDataset(db: Database, id: string, read: Pick<Reader, "select"> = db.read) {
  const query = read.select().from(datasets).where(eq(datasets.id, id));
  const [row] = await naming(db, recordOf(id), query.execute());
  if (!row) throw new UserError("not_found", `No dataset '${id}'`);
  return row;
}

export class Datasets {
  readonly #options: DatasetOptions;
  readonly #root: string;
  #running = 0;

  constructor(options: DatasetOptions) {
    this.#options = options;
    this.#root = join(options.dataDir, DATASETS_FOLDER);
  }

  get max_bytes(): number {
    return this.#options.max_bytes;
  }

  get #bounds(): FileBounds {
    const { max_bytes, kept_free_bytes } = this.#options;
    return { max_bytes, kept_free_bytes };
  }

  /** The folder of a dataset's rows. */
  folder(id: string): string {
    return join(this.#root, id);
  }

  /** Removes what an end of the server left half done; nothing may come in meanwhile at this server. */
  async sweep(): Promise<void> {
    const { db, dataDir, logger } = this.#options;
    for (const root of [this.#root, join(dataDir, SURVEYS_FOLDER)]) {
      // Looked at before the rows are: what comes in at another server has its name before its row.
      const entries = await Array.fromAsync(Deno.readDir(root)).catch(() => []);
      const known = new Set((await db.read.select({ id: datasets.id }).from(datasets)).map(({ id }) => id));
      for (const { name } of entries) {
        if (known.has(name) || !await isAbandoned(join(root, name), db.isShared)) continue;
        await Deno.remove(join(root, name), { recursive: true });
        logger.info("Removed what no dataset has", { name });
      }
    }
  }

  /**
   * Takes in a file.
   *
   * @throws {UserError} `too_many_requests` while others come in, `body_too_large`, `disk_full`, `invalid_request` with
   * what is wrong in the file and where, `idempotency_conflict` when the key came with another file
   */
  add(upload: Upload): Promise<DatasetRow> {
    return this.#inFolder((folder) => this.#taken(upload, folder));
  }

  /**
   * Makes a dataset of files that are here: those of OpenAI's fine-tuning.
   *
   * @returns it, and how many of its last rows are of the validation file
   * @throws {UserError} as `add` does; faults name `training_file` or `validation_file`
   */
  derive({ method, training, validation, name, owner, signal }: FineTuneFiles) {
    return this.#inFolder(async (folder) => {
      const source = join(folder, "training.jsonl");
      await linkOrCopy(training.path, source);
      if (validation) await linkOrCopy(validation.path, join(folder, VALIDATION_FILE));
      const files = validation ? [training, validation] : [training];
      const { held_out, ...about } = await this.#convert({
        ...{ format: method, source, folder: join(folder, STORE), signal },
        bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      });
      const sha256 = createHash("sha256").update(files.map((file) => file.sha256).join()).digest("hex");
      const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
      const row = { name, format: "jsonl" as const, sha256, ...about, bytes, owner };
      return { dataset: await this.#keep(folder, row, null, signal), held_out };
    });
  }

  /** What `work` makes in a folder of its own, of which nothing is left. */
  async #inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
    if (this.#running >= MAX_RUNNING) {
      throw new UserError("too_many_requests", `${MAX_RUNNING} files are coming in already: try again later`);
    }
    this.#running++;
    const folder = join(this.#root, TEMPORARY_PREFIX + crypto.randomUUID());
    try {
      await makeFolder(this.#root);
      await Deno.mkdir(join(folder, STORE), { recursive: true, mode: 0o700 });
      return await work(folder);
    } finally {
      this.#running--;
      await Deno.remove(folder, { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
  }

  async #taken({ parts, format, name, owner, key, signal }: Upload, folder: string): Promise<DatasetRow> {
    const source = join(folder, "source");
    const { bytes, sha256 } = await receiveFile(parts, source, this.#bounds);
    const sent = { name: name(), format, sha256 };
    const request = key === undefined ? null : idempotencyKey(owner ?? "", key, sent);
    const before = request && await madeUnder(this.#options.db.read, request);
    if (before) return before;
    const { held_out: _, ...about } = await this.#convert({
      ...{ format, source, folder: join(folder, STORE), bytes, signal },
    });
    return await this.#keep(folder, { ...sent, ...about, bytes, owner }, request, signal);
  }

  /** Makes rows, within the bounds of the disk. */
  #convert({ signal, ...conversion }: Conversion & { signal: AbortSignal }) {
    const { env, memory, max_bytes } = this.#options;
    const check = async () => {
      await requireRoom(this.#root, this.#bounds);
      const { size } = await Deno.stat(join(conversion.folder, ROWS_FILE)).catch(() => ({ size: 0 }));
      if (size > max_bytes * MAX_RATIO) {
        throw new UserError(
          "body_too_large",
          `The file's rows take more than ${max_bytes * MAX_RATIO} bytes`,
        );
      }
    };
    return convert(conversion, { env, memory, check, signal });
  }

  /** Gives the store in `folder` its name, and then its row; gives the row that another request with the key has made. */
  async #keep(
    folder: string,
    about: Omit<DatasetRow, "id" | "created_at" | "request_key" | "request_hash">,
    request: IdempotencyKey | null,
    signal: AbortSignal,
  ): Promise<DatasetRow> {
    const { db } = this.#options;
    const store = join(folder, STORE);
    await syncTree(store);
    const id = newId("dataset");
    const row = { id, ...about, created_at: new Date() };
    signal.throwIfAborted();
    await Deno.rename(store, this.folder(id));
    try {
      await syncFolder(this.#root);
      const made = await db.write(async (tx) => {
        // Another request with the key may have come in while this one was read.
        const other = request && await madeUnder(tx, request);
        if (other) return other;
        const [inserted] = await tx.insert(datasets).values({
          ...row,
          ...(request && { request_key: request.key, request_hash: request.request_hash }),
        }).returning();
        return inserted!;
      });
      if (made.id !== id) await Deno.remove(this.folder(id), { recursive: true });
      return made;
    } catch (thrown) {
      await Deno.remove(this.folder(id), { recursive: true }).catch(() => {});
      throw thrown;
    }
  }

  /** Newest first; `after` is the last id of the page before, though that may be gone. */
  async list(
    { limit, after, name, created_after, created_before }: DatasetFilter & { limit: number; after?: string },
  ): Promise<Page<DatasetRow>> {
    const rows = await readableRows(this.#options.db, datasets, {
      record: "The dataset in row",
      where: and(
        after === undefined ? undefined : lt(datasets.id, after),
        name === undefined ? undefined : eq(datasets.name, name),
        created_after && gte(datasets.created_at, created_after),
        created_before && lt(datasets.created_at, created_before),
      ),
      number: rowNumber(datasets),
      newestFirst: true,
      limit: limit + 1,
    });
    return page(rows, limit);
  }

  /** @throws {UserError} `not_found`, or `damaged_data` */
  get(id: string): Promise<DatasetRow> {
    return findDataset(this.#options.db, id);
  }

  /**
   * Deletes a dataset.
   *
   * @param free is asked in the same transaction, and throws when something needs it
   * @throws {UserError} `not_found`
   */
  async delete(id: string, free: (tx: Transaction) => Promise<void>): Promise<void> {
    const { db, dataDir } = this.#options;
    await db.write(async (tx) => {
      await free(tx);
      const [gone] = await tx.delete(datasets).where(eq(datasets.id, id)).returning({ id: datasets.id });
      if (!gone) throw new UserError("not_found", `No dataset '${id}'`);
    });
    for (const folder of [this.folder(id), join(dataDir, SURVEYS_FOLDER, id)]) {
      await Deno.remove(folder, { recursive: true }).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      });
    }
  }
}

/** The same bytes under another name, where the disk can have that. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  await Deno.link(from, to).catch(() => Deno.copyFile(from, to));
}

/** The dataset that was made under a key. @throws {UserError} `idempotency_conflict` when by another request */
async function madeUnder(
  read: Pick<Reader, "select">,
  request: { key: string; request_hash: string },
): Promise<DatasetRow | null> {
  const [row] = await read.select().from(datasets)
    .where(and(eq(datasets.request_key, request.key), gt(datasets.created_at, oldestAnswer())));
  if (row) requireSameRequest(request, row.request_hash);
  return row ?? null;
}
