/**
 * Files that clients keep on the server under an id. One goes to the disk as it comes, and is there once its folder has its
 * name and its row is written; whatever ends before that leaves nothing. What has expired is nobody's any more, and its
 * bytes go when something else comes or the server starts.
 */
import { join } from "node:path";
import { and, eq, gt, isNotNull, isNull, lt, lte, or } from "drizzle-orm";
import { CONTENT_FILE, type FilePurpose, FILES_FOLDER } from "../contract/file.ts";
import { naming } from "../db/damaged_data.ts";
import { newId } from "../db/new_id.ts";
import type { Database, Transaction } from "../db/open_database.ts";
import { type Page, page } from "../db/page.ts";
import { readableRows } from "../db/readable_rows.ts";
import { type FileRow, files, rowNumber } from "../db/schema.ts";
import { UserError } from "../errors.ts";
import { isAbandoned } from "../formats/abandoned.ts";
import { makeFolder, syncFolder, syncTree, TEMPORARY_PREFIX } from "../formats/atomic_file.ts";
import { type FileBounds, receiveFile, requireRoom } from "../formats/received_file.ts";
import type { Logger } from "../log.ts";

/** Files that come in at a time. */
const MAX_RUNNING = 16;
/** How long a lock is waited for, when a server starts or a file comes in. */
const EXPIRY_PATIENCE_MS = 10_000;
/** Rows that are looked through for what has expired, at a time. */
const EXPIRED_AT_ONCE = 100;

export interface FilesOptions extends FileBounds {
  db: Database;
  /** Absolute. */
  dataDir: string;
  logger: Logger;
  now?: () => number;
}

/** What is said of a file beside its bytes. */
export interface FileFields {
  name: string;
  purpose: FilePurpose;
  /** How long it is there, from now; null for ever. */
  expires_after_s: number | null;
}

export interface IncomingFile {
  /** Its bytes, as they come. */
  parts: AsyncIterable<Uint8Array>;
  /** Known once all parts are there; throws what is wrong with it. */
  fields: () => FileFields;
  owner: string | null;
  /** Writes more in the transaction that writes the row; what it throws leaves no file. */
  beside?: (tx: Transaction, row: FileRow) => Promise<void>;
}

/** Whether it is there at a time. */
function present(now: number) {
  return or(isNull(files.expires_at), gt(files.expires_at, new Date(now)));
}

export class Files {
  readonly #options: FilesOptions;
  readonly #root: string;
  #running = 0;

  constructor(options: FilesOptions) {
    this.#options = options;
    this.#root = join(options.dataDir, FILES_FOLDER);
  }

  get max_bytes(): number {
    return this.#options.max_bytes;
  }

  get #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  /** The path of a file's bytes. */
  path(id: string): string {
    return join(this.#root, id, CONTENT_FILE);
  }

  /** Removes what an end of the server left half done, and what has expired; nothing may come in meanwhile at this server. */
  async sweep(): Promise<void> {
    const { db, logger } = this.#options;
    await this.#expire();
    // Looked at before the rows are: what comes in at another server has its name before its row.
    const entries = await Array.fromAsync(Deno.readDir(this.#root)).catch(() => []);
    const known = new Set((await db.read.select({ id: files.id }).from(files)).map(({ id }) => id));
    for (const { name } of entries) {
      if (known.has(name) || !await isAbandoned(join(this.#root, name), db.isShared)) continue;
      await Deno.remove(join(this.#root, name), { recursive: true });
      logger.info("Removed what no file has", { name });
    }
  }

  /** @throws {UserError} `too_many_requests` while others come in, `body_too_large`, `disk_full`, what `fields` throws */
  async add({ parts, fields, owner, beside }: IncomingFile): Promise<FileRow> {
    if (this.#running >= MAX_RUNNING) {
      throw new UserError("too_many_requests", `${MAX_RUNNING} files are coming in already: try again later`);
    }
    this.#running++;
    const folder = join(this.#root, TEMPORARY_PREFIX + crypto.randomUUID());
    try {
      await this.#expire();
      await makeFolder(this.#root);
      await requireRoom(this.#root, this.#options);
      await Deno.mkdir(folder, { mode: 0o700 });
      const received = await receiveFile(parts, join(folder, CONTENT_FILE), this.#options);
      const { name, purpose, expires_after_s } = fields();
      await syncTree(folder);
      const now = this.#now;
      return await this.#keep(folder, {
        ...{ id: newId("file"), name, purpose, ...received, owner },
        expires_at: expires_after_s === null ? null : new Date(now + expires_after_s * 1000),
        created_at: new Date(now),
      }, beside);
    } finally {
      this.#running--;
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    }
  }

  /** Gives a folder its name, and then its row. */
  async #keep(folder: string, row: FileRow, beside: IncomingFile["beside"]): Promise<FileRow> {
    const place = join(this.#root, row.id);
    await Deno.rename(folder, place);
    try {
      await syncFolder(this.#root);
      return await this.#options.db.write(async (tx) => {
        const [made] = await tx.insert(files).values(row).returning();
        await beside?.(tx, made!);
        return made!;
      });
    } catch (thrown) {
      await Deno.remove(place, { recursive: true }).catch(() => {});
      throw thrown;
    }
  }

  /** By the time they came; `after` is the last id of the page before, though that may be gone. */
  async list(
    { limit, after, purpose, newestFirst }: {
      limit: number;
      after?: string;
      purpose?: FilePurpose;
      newestFirst: boolean;
    },
  ): Promise<Page<FileRow>> {
    const rows = await readableRows(this.#options.db, files, {
      record: "The file in row",
      where: and(
        present(this.#now),
        purpose && eq(files.purpose, purpose),
        after === undefined ? undefined : (newestFirst ? lt : gt)(files.id, after),
      ),
      number: rowNumber(files),
      newestFirst,
      limit: limit + 1,
    });
    return page(rows, limit);
  }

  /** @throws {UserError} `not_found`, or `damaged_data` */
  async get(id: string): Promise<FileRow> {
    const { db } = this.#options;
    const query = db.read.select().from(files).where(and(eq(files.id, id), present(this.#now)));
    const [row] = await naming(db, `The file '${id}'`, query.execute());
    if (!row) throw new UserError("not_found", `No file '${id}'`);
    return row;
  }

  /** @throws {UserError} `not_found` */
  async delete(id: string): Promise<void> {
    const [gone] = await this.#options.db.write((tx) =>
      tx.delete(files).where(and(eq(files.id, id), present(this.#now))).returning({ id: files.id })
    );
    if (!gone) throw new UserError("not_found", `No file '${id}'`);
    await this.#remove(id);
  }

  async #expire(): Promise<void> {
    const { db } = this.#options;
    for (let found = EXPIRED_AT_ONCE; found === EXPIRED_AT_ONCE;) {
      const due = and(isNotNull(files.expires_at), lte(files.expires_at, new Date(this.#now)));
      const rows = await db.read.select({ id: files.id }).from(files).where(due).limit(EXPIRED_AT_ONCE);
      found = rows.length;
      for (const { id } of rows) {
        await db.write((tx) => tx.delete(files).where(eq(files.id, id)), { patience_ms: EXPIRY_PATIENCE_MS });
        await this.#remove(id);
      }
    }
  }

  async #remove(id: string): Promise<void> {
    await Deno.remove(join(this.#root, id), { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}
