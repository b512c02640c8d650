/**
 * Checkpoints in other programs' layouts, made by the serving engine when they are first asked for and kept below
 * the checkpoint, with which they are deleted. One that is damaged, or whose sources have changed, is made anew.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { CheckpointRow } from "../db/schema.ts";
import type { CheckpointFile } from "../contract/checkpoint.ts";
import type { ExportFormat, ModelFolders } from "../contract/protocol.ts";
import type { ServingEngine } from "../processes/serving_engine.ts";
import { UserError } from "../errors.ts";
import { writeFileAtomic } from "../formats/atomic_file.ts";
import { readCheckpoint } from "../formats/checkpoint_folder.ts";
import { folderVersion } from "../formats/file_version.ts";
import { readBounded } from "../formats/read_bounded.ts";
import { getJob } from "./job_queries.ts";
import { type FolderSources, resolveFolders } from "./resolve_folders.ts";

const MAX_SOURCES_BYTES = 1000;

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
   * The export of a checkpoint, made now if it is not there as it should be.
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
    const folders = await this.#folders(checkpoint);
    const sources = folders && await sourcesOf(folders);
    const made = await readExport(folder, sources);
    if (made) return made;
    // Again, for what it says of a model that is not there any more.
    const { model } = await getJob(this.#sources.db, checkpoint.job_id);
    const found = folders ?? await resolveFolders(this.#sources, { model, checkpoint: checkpoint.id });
    const { files } = await this.#serving.request({ type: "export", format, folders: found, output: folder });
    // Of what was read before: what has changed since has it made once more.
    await writeFileAtomic(sourcesFile(folder), [new TextEncoder().encode(sources ?? "")]);
    return { folder, files };
  }

  /** Where the export's sources are; null when the model is not there any more. */
  async #folders({ id, job_id }: CheckpointRow): Promise<ModelFolders | null> {
    const { model } = await getJob(this.#sources.db, job_id);
    try {
      return await resolveFolders(this.#sources, { model, checkpoint: id });
    } catch (thrown) {
      if (thrown instanceof UserError && thrown.code === "unknown_model") return null;
      throw thrown;
    }
  }
}

/** Beside an export: what it was made of. */
function sourcesFile(folder: string): string {
  return `${folder}.sources`;
}

/** What an export is made of, in its version, as a short text. */
async function sourcesOf({ model, checkpoint }: ModelFolders): Promise<string> {
  const versions = await Promise.all([model, checkpoint!].map((folder) => folderVersion(folder)));
  return createHash("sha256").update(JSON.stringify([model, ...versions])).digest("hex");
}

/**
 * An export that is whole and was made of these sources, or null. A damaged one is made anew: all that it says is in its
 * sources. Null for `sources` stands for any.
 */
async function readExport(folder: string, sources: string | null): Promise<CheckpointExport | null> {
  try {
    const made = await readBounded(sourcesFile(folder), "exports", MAX_SOURCES_BYTES);
    if (sources !== null && (made === null || new TextDecoder().decode(made) !== sources)) return null;
    return { folder, files: (await readCheckpoint(folder)).files };
  } catch (thrown) {
    if (thrown instanceof UserError) return null;
    throw thrown;
  }
}
