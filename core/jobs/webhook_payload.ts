/** The body of a webhook: what happened, when, and the job as it was at that moment. */
import type { Metrics, Warning } from "../contract/protocol.ts";
import type { JobEventType } from "../contract/job_events.ts";
import type { checkpointView, JobView } from "./job_view.ts";

export interface WebhookData {
  job: JobView;
  epoch?: number;
  metrics?: Metrics;
  checkpoint?: ReturnType<typeof checkpointView>;
  eta_seconds?: number | null;
  warning?: Warning;
}

/** The exact text that is stored, signed and sent. */
export function webhookPayload(type: JobEventType, at: Date, data: WebhookData): string {
  return JSON.stringify({ type, timestamp: at.toISOString(), data });
}
