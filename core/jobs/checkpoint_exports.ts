/**
 * Checkpoints in other programs' layouts, made by the serving engine when they are first asked for and kept below
 * the checkpoint, with which they are deleted.
 */
import { join } from "node:path";
import type { CheckpointRow } from "../db/schema.ts";
import type { CheckpointFile, ExportFormat } from "../engine/protocol.ts";
import type { ServingEngine } from "../engine/serving_engine.ts";
import { MANIFEST_FILE, readCheckpoint } from "../model/checkpoint_folder.ts";
import { getJob } from "./job_queries.ts";
import { type FolderSources, resolveFolders } from "./resolve_folders.ts";

/** An export that is there. */
export interface CheckpointExport {
  /** Absolute. */
  folder: string;
  files: CheckpointFile[];
}

export class CheckpointExports {
  readonly #sources: FolderSources;
  readonly #serving: ServingEngine;
  /** Those in the making: whoever asks meanwhile waits for the same one. */
  readonly #running = new Map<string, Promise<CheckpointExport>>();

  constructor(sources: FolderSources, serving: ServingEngine) {
    this.#sources = sources;
    this.#serving = serving;
  }

  /**
   * The export of a checkpoint, made now if it is not there.
   *
   * @throws UserError when the model is not there any more, or what the engine throws.
   */
  get(checkpoint: CheckpointRow, format: ExportFormat): Promise<CheckpointExport> {
    const folder = join(this.#sources.dataDir, checkpoint.folder, "exports", format);
    const running = this.#running.get(folder);
    if (running) return running;
    const made = this.#make(checkpoint, format, folder).finally(() => this.#running.delete(folder));
    this.#running.set(folder, made);
    return made;
  }

  async #make(checkpoint: CheckpointRow, format: ExportFormat, folder: string): Promise<CheckpointExport> {
    const isThere = await Deno.stat(join(folder, MANIFEST_FILE)).then(() => true, () => false);
    if (isThere) return { folder, files: (await readCheckpoint(folder, { verify: false })).files };
    const { model } = await getJob(this.#sources.db, checkpoint.job_id);
    const folders = await resolveFolders(this.#sources, { model, checkpoint: checkpoint.id });
    const { files } = await this.#serving.request({ type: "export", format, folders, output: folder });
    return { folder, files };
  }
}
