/**
 * The models that came from a hub: downloads in progress, and the folders below DATA_DIR/models that they become.
 * A download lives in a hidden folder, survives a restart there, and gets its name in one step when it is whole.
 * Folders of MODELS_DIR are not known here.
 */
import { join } from "node:path";
import { type ErrorRecord, errorRecord, invalid, UserError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { isAbandoned } from "../formats/abandoned.ts";
import { writeFileAtomic } from "../formats/atomic_file.ts";
import { HUB_RECORD, readHubRecord } from "./hub_record.ts";
import type { HubSource } from "../contract/model.ts";
import { hubNameOf } from "../formats/model_name.ts";
import { downloadModel } from "../hub/download_model.ts";
import type { Hub, HubRepository } from "../hub/hub_repository.ts";

export interface ModelDownload extends HubSource {
  /** The folder's name when it is here; the model is called `hub_id`. */
  id: string;
  status: "queued" | "downloading" | "failed";
  bytes: number;
  total_bytes: number;
  error: ErrorRecord | null;
}

export interface RegistryOptions {
  hub: Hub;
  /** Absolute; made when it is needed. */
  folder: string;
  logger: Logger;
  lookup_timeout_ms?: number;
  idle_timeout_ms?: number;
  retry_delays_ms?: readonly number[];
  /** Where other servers use the folder too: does something that one at a time may do, or gives null. */
  exclusively?: (name: string, work: (lost: AbortSignal) => Promise<void>) => Promise<void | null>;
}

const LOOKUP_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;
const RETRY_DELAYS_MS = [500, 2000, 10_000, 30_000];
const MAX_WAITING = 8;
const PARTIAL = ".download-";

interface Running {
  download: ModelDownload;
  abort: AbortController;
  done: Promise<void>;
}

/** The folder name that stands for a hub id, or for any other name of that model. */
function modelIdOf(name: string): string {
  return (hubNameOf(name) ?? name).replace("/", "--");
}

export class ModelRegistry {
  readonly #options: RegistryOptions;
  #root: string;
  readonly #running = new Map<string, Running>();
  /** Ended before they were whole. */
  readonly #failed = new Map<string, ModelDownload>();
  /** One at a time: two would share the line and end later both. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#root = options.folder;
  }

  /** Where finished models lie, as a real path once open: a root for those who resolve names. */
  get root(): string {
    return this.#root;
  }

  /** Finds what downloads a stopped server left. Call once, before anything else. */
  async open(): Promise<void> {
    const { folder } = this.#options;
    await Deno.mkdir(folder, { recursive: true });
    this.#root = await Deno.realPath(folder);
    for await (const { name } of Deno.readDir(this.root)) {
      if (!name.startsWith(PARTIAL)) continue;
      const source = await readHubRecord(join(this.root, name));
      const id = name.slice(PARTIAL.length);
      // What another server is downloading is its own.
      if (!await isAbandoned(join(this.root, name), this.#options.exclusively !== undefined)) continue;
      if (!source || await this.source(id)) {
        await Deno.remove(join(this.root, name), { recursive: true });
        continue;
      }
      const detail = "The server stopped during the download: register the model again to go on";
      const error: ErrorRecord = { code: "cancelled", detail };
      this.#failed.set(id, { id, status: "failed", bytes: 0, total_bytes: 0, error, ...source });
    }
  }

  /** Downloads that are not models yet, by id. */
  downloads(): ModelDownload[] {
    return [...this.#failed.values(), ...[...this.#running.values()].map(({ download }) => download)]
      .sort((a, b) => a.id < b.id ? -1 : 1);
  }

  /** Where a finished model is from; null for one that is no hub's. Any of its names will do, here and below. */
  async source(name: string): Promise<HubSource | null> {
    const id = modelIdOf(name);
    return isId(id) ? await readHubRecord(join(this.root, id)) : null;
  }

  /**
   * Begins (or goes on with) the download of a hub's model; null when it is here already.
   *
   * @throws UserError at once when the hub is out of reach or has no such model, `wrong_state` when another
   *   revision is here, `too_many_requests` when too many downloads wait.
   */
  async register(hub_id: string, revision: string): Promise<ModelDownload | null> {
    const { hub, lookup_timeout_ms = LOOKUP_TIMEOUT_MS } = this.#options;
    if (this.#closed) throw new UserError("runtime_unavailable", "The server is stopping");
    // Loaded with the first use: most servers never speak to a hub.
    const { findRepository } = await import("../hub/hub_repository.ts");
    const repository = await findRepository(hub, hub_id, revision, AbortSignal.timeout(lookup_timeout_ms));
    const id = modelIdOf(hub_id);
    const here = await this.source(id) ?? this.#running.get(id)?.download;
    if (here && (here.commit !== repository.commit || here.hub_id !== hub_id)) {
      throw invalid(
        "revision",
        `Model '${id}' is here from '${here.hub_id}' at ${here.commit}, not at ${repository.commit}: delete it first`,
        "wrong_state",
      );
    }
    const running = this.#running.get(id);
    if (running) return running.download;
    if (here) return null;
    if (this.#running.size >= MAX_WAITING) {
      throw new UserError("too_many_requests", `${MAX_WAITING} downloads are waiting: try again later`);
    }
    return this.#start(id, repository);
  }

  /**
   * Forgets a hub's model with its files, or its download.
   *
   * @returns false when the hub has given none of this name.
   */
  async remove(name: string): Promise<boolean> {
    const id = modelIdOf(name);
    const known = await this.source(id) !== null || this.#running.has(id) || this.#failed.has(id);
    if (!known) return false;
    await this.#stop(id);
    this.#failed.delete(id);
    for (const name of [id, PARTIAL + id]) {
      await Deno.remove(join(this.root, name), { recursive: true }).catch((thrown) => {
        if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
      });
    }
    return true;
  }

  /** Stops all downloads; what is here stays for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#running.keys()].map((id) => this.#stop(id)));
  }

  async #stop(id: string): Promise<void> {
    const running = this.#running.get(id);
    running?.abort.abort(new UserError("cancelled", "The download was stopped"));
    await running?.done;
  }

  #start(id: string, repository: HubRepository): ModelDownload {
    const { hub_id, revision, commit, files } = repository;
    const total_bytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const source = { hub_id, revision, commit };
    const download: ModelDownload = { id, ...source, status: "queued", bytes: 0, total_bytes, error: null };
    const abort = new AbortController();
    this.#failed.delete(id);
    const before = this.#last;
    const stopped = new Promise((resolve) => abort.signal.addEventListener("abort", resolve, { once: true }));
    // One that is stopped while it waits ends at once; those behind it wait for the ones before it all the same.
    const done = Promise.race([before, stopped]).then(() => this.#run(download, repository, abort.signal));
    this.#last = Promise.all([before, done]);
    this.#running.set(id, { download, abort, done });
    return download;
  }

  /** Never rejects: how it ended is in `download`. */
  async #run(download: ModelDownload, repository: HubRepository, signal: AbortSignal): Promise<void> {
    const { logger, exclusively } = this.#options;
    const { id } = download;
    try {
      signal.throwIfAborted();
      if (!exclusively) await this.#bring(download, repository, signal);
      else {
        const fetched = await exclusively(
          `download:${id}`,
          (lost) => this.#bring(download, repository, AbortSignal.any([signal, lost])),
        );
        if (fetched === null) {
          throw new UserError(
            "runtime_unavailable",
            "Another server downloads the model: wait until it is here",
          );
        }
      }
    } catch (thrown) {
      download.status = "failed";
      const error = errorRecord(thrown);
      download.error = error.code === "internal"
        ? { code: "internal", detail: "The model cannot be written" }
        : error;
      this.#failed.set(id, download);
      logger.warn("Cannot download a model", { model: id, error: String(thrown) });
    } finally {
      this.#running.delete(id);
    }
  }

  async #bring(download: ModelDownload, repository: HubRepository, signal: AbortSignal): Promise<void> {
    const { hub, logger, idle_timeout_ms = IDLE_TIMEOUT_MS, retry_delays_ms = RETRY_DELAYS_MS } =
      this.#options;
    const { id, hub_id, revision, commit } = download;
    const partial = join(this.root, PARTIAL + id);
    // Another server may have brought it since it was asked for.
    if (await this.source(id)) return;
    download.status = "downloading";
    await Deno.mkdir(partial, { recursive: true });
    const record = JSON.stringify({ hub_id, revision, commit });
    await writeFileAtomic(join(partial, HUB_RECORD), [new TextEncoder().encode(record)]);
    const options = { signal, idle_timeout_ms, retry_delays_ms };
    for await (const event of downloadModel(hub, repository, partial, options)) {
      if (event.type === "progress") download.bytes = event.bytes;
      else logger.info("Downloaded a file", { model: id, file: event.name });
    }
    await Deno.rename(partial, join(this.root, id));
    logger.info("Downloaded a model", { model: id, hub_id, commit });
  }
}

/** A name of ours is no path. */
function isId(id: string): boolean {
  return /^[\w-][\w.-]{0,199}$/.test(id);
}
