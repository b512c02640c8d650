/** Writes a job's event, and the webhooks that tell of it, in the transaction of what happened. */
import { newId } from "../db/new_id.ts";
import type { Transaction } from "../db/open_database.ts";
import { events, type JobRow } from "../db/schema.ts";
import { enqueueEvent, enqueueFineTuningEvent } from "../webhooks/enqueue.ts";
import type { WebhookData, WebhookPayload } from "../contract/webhook_payload.ts";
import { FINE_TUNING_EVENTS, FINE_TUNING_KINDS } from "../contract/fine_tuning_events.ts";
import { JOB_EVENTS, type JobEventType } from "../contract/job_events.ts";
import { jobTime } from "./job_time.ts";
import { jobView } from "./job_view.ts";

/**
 * @param job The row as it is after the event.
 * @param data What the feed shows.
 * @param webhook What the webhook shows beside the job.
 */
export async function emitEvent(
  tx: Transaction,
  job: JobRow,
  type: JobEventType,
  data: Record<string, unknown> = {},
  webhook: Omit<WebhookData, "job"> = {},
): Promise<void> {
  const id = newId("event");
  const now = await jobTime(tx, job.id);
  await tx.insert(events).values({ id, job_id: job.id, type, data, created_at: now });
  if (!JOB_EVENTS[type].webhook) return;
  const payload: WebhookPayload = {
    type,
    timestamp: now.toISOString(),
    data: { job: jobView(job), ...webhook },
  };
  // The exact text that is stored, signed and sent.
  const body = JSON.stringify(payload);
  const hasOwn = job.webhook_url !== null && job.webhook_given_up === null;
  await enqueueEvent(tx, job.id, hasOwn, { event_id: id, type, body, at: now });
  if (!(type in FINE_TUNING_EVENTS) || !FINE_TUNING_KINDS.includes(job.kind)) return;
  const theirs = FINE_TUNING_EVENTS[type as keyof typeof FINE_TUNING_EVENTS];
  await enqueueFineTuningEvent(tx, { event_id: id, job_id: job.id, type: theirs, at: now });
}
