/**
 * What happens to a job, by name: the events feed has all of these, webhooks have those marked so.
 * The payloads are read by people and programs, so names are never changed, only added.
 */

/** Every event type and whether webhooks carry it. */
export const JOB_EVENTS = {
  "training_job.queued": { webhook: false },
  "training_job.started": { webhook: true },
  /** An attempt after the first; it continues what the job has begun. */
  "training_job.attempt.started": { webhook: false },
  "training_job.step.completed": { webhook: false },
  /** Within a training: its metrics are in the step's as well. */
  "training_job.evaluation.completed": { webhook: false },
  "training_job.epoch.completed": { webhook: true },
  "training_job.checkpoint.created": { webhook: true },
  "training_job.warning": { webhook: true },
  "training_job.cancelling": { webhook: false },
  "training_job.requeued": { webhook: false },
  "training_job.pausing": { webhook: false },
  "training_job.paused": { webhook: true },
  "training_job.resumed": { webhook: false },
  "training_job.succeeded": { webhook: true },
  "training_job.failed": { webhook: true },
  "training_job.cancelled": { webhook: true },
} as const satisfies Record<string, { webhook: boolean }>;

export type JobEventType = keyof typeof JOB_EVENTS;

export const JOB_EVENT_TYPES = Object.keys(JOB_EVENTS) as [JobEventType, ...JobEventType[]];
