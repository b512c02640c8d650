/** Rows as the API and webhooks show them; nothing else decides what of a row leaves the server. */
import type { CheckpointView } from "../contract/checkpoint.ts";
import type { EventView } from "../contract/event_answers.ts";
import type { JobView, MetricsView } from "../contract/job_answers.ts";
import { finiteMetrics } from "../contract/progress.ts";
import type { CheckpointRow, EventRow, JobRow, MetricsRow } from "../db/schema.ts";
import type { ErrorRecord } from "../errors.ts";
import { ROWS_FIELDS } from "../contract/job_rows.ts";

const time = (date: Date | null) => date?.toISOString() ?? null;

const told = (error: ErrorRecord | null) => error && { code: error.code, detail: error.detail };

/** A job. The webhook's secret is never in it, and its rows are told of by their number. */
export function jobView(row: JobRow): JobView {
  const { kind, model, checkpoint, ...config } = row.config;
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    model: row.model,
    config: {
      kind,
      model,
      checkpoint,
      ...config,
      webhook: row.webhook_url === null ? null : { url: row.webhook_url },
      metadata: row.metadata,
    } as JobView["config"],
    rows: { field: ROWS_FIELDS[row.kind], count: row.row_count, dataset: row.config.dataset ?? null },
    progress: row.progress,
    latest_metrics: row.latest_metrics && finiteMetrics(row.latest_metrics),
    error: told(row.error),
    status_reason: told(row.status_reason),
    attempts: row.attempts,
    checkpoint: row.checkpoint,
    best_checkpoint: row.best_checkpoint,
    stopped: row.stopped,
    result: row.result,
    created_at: row.created_at.toISOString(),
    started_at: time(row.started_at),
    finished_at: time(row.finished_at),
    metadata: row.metadata,
  };
}

/** One step's or epoch's metrics, flat: `{ step, epoch, "objective/kl": … }`. */
export function metricsView(row: MetricsRow): MetricsView {
  return { step: row.step, epoch: row.epoch, ...finiteMetrics(row.metrics) };
}

export function eventView(row: EventRow): EventView {
  return {
    id: row.id,
    type: row.type,
    job_id: row.job_id,
    created_at: row.created_at.toISOString(),
    data: row.data,
  };
}

export function checkpointView(row: CheckpointRow): CheckpointView {
  return {
    id: row.id,
    job_id: row.job_id,
    epoch: row.epoch,
    step: row.step,
    reason: row.reason,
    files: row.files,
    metrics: finiteMetrics(row.metrics),
    created_at: row.created_at.toISOString(),
  };
}
