/** Which checkpoints jobs that are not over still need: they read them again whenever they go on. */
import { and, inArray, ne, sql } from "drizzle-orm";
import type { Reader } from "../db/open_database.ts";
import { jobs } from "../db/schema.ts";
import { isFinal, JOB_STATUSES } from "../contract/job_states.ts";

/** Whatever field of a job's configuration may name one. */
const CHECKPOINT_ID = /\bckpt_\w+/g;

/** Ids of the checkpoints that unfinished jobs other than `jobId` name, each with such a job's id. */
export async function checkpointsInUse(
  read: Pick<Reader, "select">,
  jobId: string,
): Promise<Map<string, string>> {
  const config = sql<string>`${jobs.config}`;
  const rows = await read.select({ id: jobs.id, config }).from(jobs).where(and(
    inArray(jobs.status, JOB_STATUSES.filter((status) => !isFinal(status))),
    ne(jobs.id, jobId),
    sql`instr(${jobs.config}, 'ckpt_') > 0`,
  ));
  return new Map(
    rows.flatMap(({ id, config }) =>
      [...config.matchAll(CHECKPOINT_ID)].map(([checkpoint]) => [checkpoint, id])
    ),
  );
}
