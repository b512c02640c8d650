/** The body of a webhook: what happened, when, and the job as it was at that moment. */
import type { MetricsRecord } from "../contract/progress.ts";
import type { Warning } from "../contract/training_events.ts";
import type { JobEventType } from "../contract/job_events.ts";
import type { CheckpointView } from "../contract/checkpoint.ts";
import type { JobView } from "../contract/job_answers.ts";

export interface WebhookData {
  job: JobView;
  epoch?: number;
  metrics?: MetricsRecord;
  checkpoint?: CheckpointView;
  eta_seconds?: number | null;
  warning?: Warning;
}

/** The exact text that is stored, signed and sent. */
export function webhookPayload(type: JobEventType, at: Date, data: WebhookData): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}
