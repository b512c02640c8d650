/** Whether a job still needs a dataset: it reads the rows again whenever it goes on. */
import { and, inArray, sql } from "drizzle-orm";
import type { Reader } from "../db/open_database.ts";
import { jobs } from "../db/schema.ts";
import { isFinal, JOB_STATUSES } from "../contract/job_states.ts";

/** The id of a job that has not ended and names the dataset; null when there is none. */
export async function unfinishedJobWithDataset(
  read: Pick<Reader, "select">,
  dataset: string,
): Promise<string | null> {
  const named = sql`json_valid(${jobs.config}) and json_extract(${jobs.config}, '$.dataset') = ${dataset}`;
  const [job] = await read.select({ id: jobs.id }).from(jobs).where(
    and(inArray(jobs.status, JOB_STATUSES.filter((status) => !isFinal(status))), named),
  ).limit(1);
  return job?.id ?? null;
}
