/** Whether something still needs a model: jobs read its folder again whenever they go on. */
import { inArray } from "drizzle-orm";
import type { Database } from "../db/open_database.ts";
import { readableRows } from "../db/readable_rows.ts";
import { jobs, rowNumber } from "../db/schema.ts";
import { isFinal, JOB_STATUSES } from "../contract/job_states.ts";
import { modelKey } from "../formats/model_name.ts";
import { namedModels } from "../contract/named_models.ts";

/** The id of a job that has not ended and names the model, as its own or beside it; null when there is none. */
export async function unfinishedJobWithModel(db: Database, model: string): Promise<string | null> {
  const rows = await readableRows(db, jobs, {
    record: "The training job in row",
    where: inArray(jobs.status, JOB_STATUSES.filter((status) => !isFinal(status))),
    number: rowNumber(jobs),
    limit: Number.MAX_SAFE_INTEGER,
  });
  const key = modelKey(model);
  const needs = rows.find((row) =>
    [row.model, ...namedModels(row.config)].some((name) => modelKey(name) === key)
  );
  return needs?.id ?? null;
}
