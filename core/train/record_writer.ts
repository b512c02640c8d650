/**
 * Writes the records of a job's steps below its folder. A step's files are there whole or not at all, and a step that is
 * done again writes them again: the same bytes where the step is the same. That the device has them is only sure at the
 * next checkpoint, which a job whose machine loses power goes on from.
 */
import { join } from "node:path";
import type { StepRecords } from "../contract/records.ts";
import { makeFolder, syncFile, syncFolder, temporaryPath, writeNewFile } from "../formats/atomic_file.ts";
import { damaged } from "../formats/checked_file.ts";
import { recordFile, type RecordPart } from "../formats/record_files.ts";
import { encodeSafetensors, type TensorToWrite } from "../formats/write_safetensors.ts";
import { knownFault, UserError } from "../errors.ts";

type Columns = Record<string, TensorToWrite>;

export class RecordWriter {
  readonly #folder: string;
  /** Files that the device may not have. */
  #unsynced: string[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** A writer of records in `folder`, which is made. */
  static async open(folder: string): Promise<RecordWriter> {
    await makeFolder(folder);
    return new RecordWriter(folder);
  }

  /**
   * Writes a step's records.
   *
   * @param step from 1
   * @throws {UserError} `damaged_checkpoint` when the folder is gone, `disk_full`
   */
  async write(
    step: number,
    { rollouts, tokens }: { rollouts: Columns; tokens: Columns | null },
  ): Promise<StepRecords> {
    return {
      rollouts_bytes: await this.#write(step, "rollouts", rollouts),
      tokens_bytes: tokens && await this.#write(step, "tokens", tokens),
    };
  }

  /** Waits until the device has all that was written before. */
  async sync(): Promise<void> {
    const paths = this.#unsynced;
    this.#unsynced = [];
    if (paths.length === 0) return;
    // One that is not there any more was too old to be kept.
    for (const path of paths) {
      await syncFile(path).catch((thrown) => {
        if (!(thrown instanceof Deno.errors.NotFound)) throw knownFault(thrown);
      });
    }
    await syncFolder(this.#folder).catch((thrown) => {
      throw unwritable(thrown);
    });
  }

  /** Resolves to the file's bytes. */
  async #write(step: number, part: RecordPart, columns: Columns): Promise<number> {
    const path = join(this.#folder, recordFile(step, part));
    const chunks = [...encodeSafetensors(columns, { format: "1", step: String(step) })];
    const temporary = temporaryPath(path);
    try {
      await writeNewFile(temporary, chunks);
      await Deno.rename(temporary, path);
    } catch (thrown) {
      await Deno.remove(temporary).catch(() => {});
      throw unwritable(thrown);
    }
    this.#unsynced.push(path);
    return chunks.reduce((bytes, { length }) => bytes + length, 0);
  }
}

/** What keeps records from being written, where somebody can help it. */
function unwritable(thrown: unknown): unknown {
  const known = knownFault(thrown);
  if (known instanceof UserError || !(thrown instanceof Deno.errors.NotFound)) return known;
  return damaged("The job's records cannot be written: their folder was removed", thrown);
}
