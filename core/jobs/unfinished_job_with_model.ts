/** Whether something still needs a model: jobs read its folder again whenever they go on. */
import { inArray } from "drizzle-orm";
import type { Database } from "../db/open_database.ts";
import { readableRows } from "../db/readable_rows.ts";
import { jobs, rowNumber } from "../db/schema.ts";
import { isFinal, JOB_STATUSES } from "../contract/job_states.ts";
import { modelKey } from "../formats/model_name.ts";
import { namedModels } from "../contract/named_models.ts";
import { isCheckpointId } from "../contract/policy_names.ts";
import { findCheckpoint, getJob } from "./job_queries.ts";

/** The id of a job that has not ended and names the model, as its own or beside it; null when there is none. */
export async function unfinishedJobWithModel(db: Database, model: string): Promise<string | null> {
  const rows = await readableRows(db, jobs, {
    record: "The training job in row",
    where: inArray(jobs.status, JOB_STATUSES.filter((status) => !isFinal(status))),
    number: rowNumber(jobs),
    limit: Number.MAX_SAFE_INTEGER,
  });
  const key = modelKey(model);
  for (const row of rows) {
    for (const name of [row.model, ...namedModels(row.config)]) {
      if (modelKey(isCheckpointId(name) ? await baseOf(db, name) : name) === key) return row.id;
    }
  }
  return null;
}

/** The model that a checkpoint belongs to; its own name where there is no such checkpoint any more. */
async function baseOf(db: Database, checkpoint: string): Promise<string> {
  const row = await findCheckpoint(db, checkpoint);
  return row ? (await getJob(db, row.job_id)).model : checkpoint;
}
