/** The records of rollouts in a backup: those that a copy's rows name, each a file that is there whole or not at all. */
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { syncFolder } from "../formats/atomic_file.ts";
import { RECORD_PARTS, recordFile, recordsFolder } from "../formats/record_files.ts";

/** The files of records that rows name, below the data folder. A database of an earlier version may have none. */
export function recordFilesIn(database: DatabaseSync): string[] {
  const [known] = database.prepare("select 1 from sqlite_schema where name = 'record_steps'").all();
  if (!known) return [];
  const rows = database.prepare(
    "select job_id, record_steps.step, tokens_bytes is not null as tokens " +
      "from record_steps join job_records on records_id = id order by id, record_steps.step",
  ).all() as unknown as { job_id: string; step: number; tokens: number }[];
  return rows.flatMap(({ job_id, step, tokens }) =>
    RECORD_PARTS.filter((part) => part !== "tokens" || tokens)
      .map((part) => join(recordsFolder("", job_id), recordFile(step, part)))
  );
}

/**
 * Copies files of records.
 *
 * @returns those that are not there: removed since the rows were copied, or lost
 */
export async function copyRecords(dataDir: string, out: string, files: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  const folders = new Set(files.map((file) => dirname(file)));
  for (const folder of folders) await Deno.mkdir(join(out, folder), { recursive: true, mode: 0o700 });
  for (const file of files) {
    try {
      await copySynced(join(dataDir, file), join(out, file));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      missing.push(file);
    }
  }
  for (const folder of folders) await syncFolder(join(out, folder));
  return missing;
}

/** Copies a file and waits until the device has it. */
export async function copySynced(from: string, to: string): Promise<void> {
  await Deno.copyFile(from, to);
  using file = await Deno.open(to);
  await file.sync();
}
