/** Events of jobs as OpenAI's webhooks tell of them; an endpoint that asks for one of these types is sent OpenAI's body. */
import type { JobKind } from "./training_job.ts";
import type { JobEventType } from "./job_events.ts";

/** OpenAI's types by ours. */
export const FINE_TUNING_EVENTS = {
  "training_job.succeeded": "fine_tuning.job.succeeded",
  "training_job.failed": "fine_tuning.job.failed",
  "training_job.cancelled": "fine_tuning.job.cancelled",
} as const satisfies Partial<Record<JobEventType, string>>;

export type FineTuningEventType = (typeof FINE_TUNING_EVENTS)[keyof typeof FINE_TUNING_EVENTS];

export const FINE_TUNING_EVENT_TYPES = Object.values(FINE_TUNING_EVENTS) as [
  FineTuningEventType,
  ...FineTuningEventType[],
];

/** Kinds of jobs that OpenAI has too. */
export const FINE_TUNING_KINDS: readonly JobKind[] = ["ppo", "sft"];

/** The exact text that is signed and sent. */
export function fineTuningBody(
  event_id: string,
  job_id: string,
  type: FineTuningEventType,
  at: Date,
): string {
  return JSON.stringify({
    id: event_id,
    object: "event",
    created_at: Math.floor(at.getTime() / 1000),
    type,
    data: { id: job_id.replace(/^job_/, "ftjob-") },
  });
}
