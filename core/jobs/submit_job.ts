/** Creates a job once per Idempotency-Key: the same key and request give the stored answer again. */
import { eq, lt } from "drizzle-orm";
import { naming } from "../db/damaged_data.ts";
import type { Database } from "../db/open_database.ts";
import { idempotencyKeys, jobs } from "../db/schema.ts";
import type { JobView } from "../contract/job_answers.ts";
import type { JobPlan } from "../contract/job_plan.ts";
import { splitRewardSecrets } from "../contract/reward_secrets.ts";
import { ROWS_FIELDS, splitRows } from "../contract/job_rows.ts";
import { type IdempotencyKey, oldestAnswer, requireSameRequest } from "../idempotency_key.ts";
import type { TrainingJobConfig } from "../contract/training_job.ts";
import { currentTrace } from "../tracing.ts";
import { createJob } from "./job_lifecycle.ts";
import { jobView } from "./job_view.ts";

/** The answer that created a job. */
export interface Submission {
  job_id: string;
  /** The body, as JSON; the only one that has the webhook's secret. */
  response: string;
}

/**
 * The answer given before under a key, or null.
 *
 * @throws UserError `idempotency_conflict` when it was another request's.
 */
export async function findSubmission(
  db: Database,
  given: IdempotencyKey,
  reader: Pick<Database["read"], "select"> = db.read,
): Promise<Submission | null> {
  const read = reader.select().from(idempotencyKeys).where(eq(idempotencyKeys.key, given.key));
  const [row] = await naming(db, "The answer kept under an Idempotency-Key", read.execute());
  if (!row || row.created_at < oldestAnswer()) return null;
  requireSameRequest(given, row.request_hash);
  return row;
}

/**
 * Adds a queued job and keeps the answer under the key.
 *
 * @param owner Id of the API key that asked for it; null where none is needed.
 */
export function submitJob(
  db: Database,
  config: TrainingJobConfig,
  plan: JobPlan,
  key: IdempotencyKey | null,
  owner: string | null,
): Promise<Submission> {
  return db.write(async (tx) => {
    // Another request with the key may have come in while this one was checked.
    const before = key && await findSubmission(db, key, tx);
    if (before) return before;
    const job = await createJob(tx, config, plan, owner);
    const traceparent = currentTrace();
    if (traceparent !== undefined) await tx.update(jobs).set({ traceparent }).where(eq(jobs.id, job.id));
    const view = jobView(job);
    const webhook = job.webhook_url === null ? null : { url: job.webhook_url, secret: job.webhook_secret };
    const submission = {
      job_id: job.id,
      response: JSON.stringify({ ...view, config: { ...view.config, webhook } }),
    };
    if (key) {
      await tx.delete(idempotencyKeys).where(lt(idempotencyKeys.created_at, oldestAnswer()));
      await tx.insert(idempotencyKeys).values({ ...key, ...submission, created_at: new Date() });
    }
    return submission;
  });
}

/** What of a request that creates nothing its job would show. */
export function effectiveJob(config: TrainingJobConfig): Pick<JobView, "config" | "rows"> {
  const { rows, rest: open } = splitRows(config);
  const { config: rest } = splitRewardSecrets(open);
  return {
    config: { ...rest, webhook: rest.webhook && { url: rest.webhook.url } },
    rows: { field: ROWS_FIELDS[config.kind], count: rows.length, dataset: null },
  };
}
