/** Removes a job that is over with all that belongs to it. */
import { eq, inArray } from "drizzle-orm";
import { join } from "node:path";
import type { Database } from "../db/open_database.ts";
import { checkpoints, events, jobRecords, jobs, rollouts, webhookDeliveries } from "../db/schema.ts";
import { UserError } from "../errors.ts";
import { isFinal } from "../contract/job_states.ts";
import { checkpointsInUse } from "./checkpoints_in_use.ts";
import { getJob } from "./job_queries.ts";

/** Rows that are deleted at once: writes of others wait as long. */
const PART = 2000;

/** Tables whose rows a job may have many of, by a column that tells them apart. */
const MANY = [
  { table: webhookDeliveries, key: webhookDeliveries.id, job: webhookDeliveries.job_id },
  { table: events, key: events.seq, job: events.job_id },
] as const;

/**
 * Removes a job's rows, checkpoints, exports, records and webhook deliveries. Its own row goes last, so that a removal that was cut
 * off can be asked for again.
 *
 * @throws UserError `not_found`; `wrong_state` when the job is not over, or another needs a checkpoint of it.
 */
export async function deleteJob(db: Database, dataDir: string, id: string): Promise<void> {
  await checkDeletable(db, id);
  await Deno.remove(join(dataDir, "jobs", id), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  for (const { table, key, job } of MANY) {
    for (let deleted = PART; deleted === PART;) {
      deleted = await db.write(async (tx) => {
        const rows = await tx.select({ key }).from(table).where(eq(job, id)).limit(PART);
        await tx.delete(table).where(inArray(key, rows.map((row) => row.key)));
        return rows.length;
      });
    }
  }
  await deleteRollouts(db, id);
  // What is left of it goes with its row.
  await db.write((tx) => tx.delete(jobs).where(eq(jobs.id, id)));
}

/** There may be millions; what else there is of its records goes with its row. */
async function deleteRollouts(db: Database, id: string): Promise<void> {
  const [records] = await db.read.select().from(jobRecords).where(eq(jobRecords.job_id, id));
  for (let deleted = records ? PART : 0; deleted === PART;) {
    deleted = await db.write(async (tx) => {
      const rows = await tx.select({ id: rollouts.id }).from(rollouts)
        .where(eq(rollouts.records_id, records!.id)).limit(PART);
      await tx.delete(rollouts).where(inArray(rollouts.id, rows.map(({ id }) => id)));
      return rows.length;
    });
  }
}

async function checkDeletable(db: Database, id: string): Promise<void> {
  const { status } = await getJob(db, id);
  if (!isFinal(status)) {
    throw new UserError("wrong_state", `Cannot delete the job as it is ${status}: cancel it first`);
  }
  const own = await db.read.select({ id: checkpoints.id }).from(checkpoints).where(
    eq(checkpoints.job_id, id),
  );
  const inUse = await checkpointsInUse(db.read, id);
  const needed = own.find((checkpoint) => inUse.has(checkpoint.id));
  if (!needed) return;
  throw new UserError(
    "wrong_state",
    `Cannot delete the job as the job '${
      inUse.get(needed.id)
    }', which is not over, needs its checkpoint '${needed.id}'`,
  );
}
