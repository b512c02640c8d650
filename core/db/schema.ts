/**
 * The database's tables. Only API processes write here. JSON columns hold what `core/` types say;
 * times are milliseconds. Change this file, then run the db:generate task.
 */
import { type SQL, sql } from "drizzle-orm";
import { index, integer, primaryKey, type SQLiteTable, sqliteTable } from "drizzle-orm/sqlite-core";
import { CHECKPOINT_REASONS, type CheckpointFile } from "../contract/checkpoint.ts";
import { DATASET_FORMATS } from "../contract/dataset_conversion.ts";
import { FILE_PURPOSES } from "../contract/file.ts";
import { FINE_TUNE_METHODS } from "../contract/fine_tune_rows.ts";
import { FINE_TUNE_STATUSES, type FineTuneError, type Note } from "../contract/fine_tune.ts";
import type { Attempt } from "../contract/job_answers.ts";
import type { EvaluationResult } from "../contract/evaluation_result.ts";
import type { JobPlan } from "../contract/job_plan.ts";
import { METRIC_SCOPES, type Metrics, type Progress } from "../contract/progress.ts";
import type { ErrorRecord } from "../errors.ts";
import { JOB_EVENT_TYPES } from "../contract/job_events.ts";
import { DELIVERY_STATUSES, DISABLE_CODES } from "../contract/webhook_answers.ts";
import { JOB_STATUSES } from "../contract/job_states.ts";
import type { RewardSecrets } from "../contract/reward_secrets.ts";
import type { StoredConfig } from "../contract/job_rows.ts";
import type { Stopped } from "../contract/training_events.ts";
import { JOB_KINDS } from "../contract/training_job.ts";
import { count, json, list, object, oneOf, real, string, timestamp } from "./columns.ts";

/**
 * SQLite's own number of a row: one more than the highest there was, so it counts rows in the order they were written,
 * which is the order of lists and of the queue: no clock that is set back changes it.
 */
export function rowNumber(table: SQLiteTable): SQL<number> {
  return sql<number>`${table}.rowid`;
}

export const jobs = sqliteTable("jobs", {
  id: string("id").primaryKey(),
  kind: oneOf("kind", JOB_KINDS).notNull(),
  status: oneOf("status", JOB_STATUSES).notNull(),
  model: string("model").notNull(),
  config: object<StoredConfig>("config", ["kind", "model"]).notNull(),
  /** How many rows it has in `job_rows`. */
  row_count: count("row_count").notNull().default(0),
  metadata: object<Record<string, string>>("metadata").notNull(),
  /** Of the names of its fine-tuned models. */
  suffix: string("suffix"),
  plan: object<JobPlan>("plan", ["steps"]).notNull(),
  progress: object<Progress>("progress", ["epoch", "step", "steps"]).notNull(),
  latest_metrics: object<Metrics>("latest_metrics"),
  error: object<ErrorRecord>("error", ["code", "detail"]),
  /** Id of the last checkpoint. */
  checkpoint: string("checkpoint"),
  /** Id of the one that is best by the metric that the job watches. */
  best_checkpoint: string("best_checkpoint"),
  /** Why it ended before its last step. */
  stopped: object<Stopped>("stopped", ["code", "detail"]),
  /** What an evaluation came to. */
  result: object<EvaluationResult>("result", ["n", "reward"]),
  /** Engine processes started for the job so far. */
  attempt: count("attempt").notNull().default(0),
  /** The last of them, oldest first. */
  attempts: list<Attempt>("attempts").notNull().default(sql`'[]'`),
  /** Attempts that count against `max_attempts`. */
  failures: count("failures").notNull().default(0),
  /** How often in a row the server died with the job running and no step recorded since the last time. */
  interruptions: count("interruptions").notNull().default(0),
  /** The step that the job was at when the server last died with it. */
  interrupted_at_step: count("interrupted_at_step").notNull().default(0),
  /** How often its micro-batches were halved because memory ran out. */
  memory_halvings: count("memory_halvings").notNull().default(0),
  /** Why it waits, or was paused by the server. */
  status_reason: object<ErrorRecord>("status_reason", ["code", "detail"]),
  /** Not to be claimed before; null for at once. */
  retry_at: timestamp("retry_at"),
  /** Counts the claims of all jobs, for turns between their owners; 0 before the first. */
  claim_number: count("claim_number").notNull().default(0),
  /** The engine process that it has or had, as `process_identity.ts` writes it. */
  engine: string("engine"),
  /** Which server runs it (`owner` of a database), and until when that is so unless it says so again: ms of the database's clock. */
  lease_owner: string("lease_owner"),
  lease_until: count("lease_until"),
  /** Of the request that created it, where requests are traced. */
  traceparent: string("traceparent"),
  webhook_url: string("webhook_url"),
  webhook_secret: string("webhook_secret"),
  /** What of its reward nobody is shown; null where there is nothing such. */
  reward_secrets: object<RewardSecrets>("reward_secrets"),
  /** Why nothing more is sent to the URL. */
  webhook_given_up: string("webhook_given_up"),
  /** Id of the API key that asked for the job; null where none is needed. */
  owner: string("owner"),
  created_at: timestamp("created_at").notNull(),
  started_at: timestamp("started_at"),
  finished_at: timestamp("finished_at"),
}, (table) => [
  index("jobs_status").on(table.status, table.owner, table.retry_at),
  index("jobs_claims").on(table.owner, table.claim_number),
  index("jobs_kind").on(table.kind),
]);

/** The job that a row belongs to, and goes with. */
const ofJob = () => string("job_id").references(() => jobs.id, { onDelete: "cascade" });

/** Apart from `jobs`, whose rows are rewritten at every step and must stay small. */
export const jobRows = sqliteTable("job_rows", {
  job_id: ofJob().notNull(),
  /** From 0. */
  number: count("number").notNull(),
  row: json("row").notNull(),
}, (table) => [primaryKey({ columns: [table.job_id, table.number] })]);

/**
 * One row per step, one per epoch (`step`: the epoch's last) and one per evaluation (`step`: that after which it was made).
 * Steps and epochs are counted from 1; an evaluation before the first step is of step 0.
 */
export const metrics = sqliteTable("metrics", {
  job_id: ofJob().notNull(),
  scope: oneOf("scope", METRIC_SCOPES).notNull(),
  step: count("step").notNull(),
  epoch: count("epoch").notNull(),
  metrics: object<Metrics>("metrics").notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [primaryKey({ columns: [table.job_id, table.scope, table.step] })]);

/** The feed of a job; `seq` is its order. */
export const events = sqliteTable("events", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: string("id").notNull().unique(),
  job_id: ofJob().notNull(),
  type: oneOf("type", JOB_EVENT_TYPES).notNull(),
  data: object<Record<string, unknown>>("data").notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [index("events_job").on(table.job_id, table.seq)]);

export const checkpoints = sqliteTable("checkpoints", {
  id: string("id").primaryKey(),
  job_id: ofJob().notNull(),
  attempt: count("attempt").notNull(),
  epoch: count("epoch").notNull(),
  step: count("step").notNull(),
  reason: oneOf("reason", CHECKPOINT_REASONS).notNull().default("epoch"),
  /** 1 while the folder holds what a job resumes from. */
  resumable: count("resumable").notNull().default(0),
  /** Below DATA_DIR, so the folder as a whole can be moved. */
  folder: string("folder").notNull(),
  files: list<CheckpointFile>("files").notNull(),
  metrics: object<Metrics>("metrics").notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [index("checkpoints_job").on(table.job_id)]);

/** What there is of a job's records (`core/formats/record_files.ts`), for jobs that have any. */
export const jobRecords = sqliteTable("job_records", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  job_id: ofJob().notNull().unique(),
  /** The last step whose records are there. */
  step: count("step").notNull(),
  /** The first steps whose rollouts and tokens were not removed. */
  rollouts_from: count("rollouts_from").notNull().default(1),
  tokens_from: count("tokens_from").notNull().default(1),
  /** Of all files. */
  bytes: count("bytes").notNull().default(0),
});

/** The job whose records a row belongs to, and goes with: a short number, as there may be millions of rows. */
const ofRecords = () =>
  integer("records_id").notNull().references(() => jobRecords.id, { onDelete: "cascade" });

/** The files of each step whose rollouts are there. */
export const recordSteps = sqliteTable("record_steps", {
  records_id: ofRecords(),
  step: count("step").notNull(),
  rollouts_bytes: count("rollouts_bytes").notNull(),
  /** Null once they were removed, and where the job keeps none. */
  tokens_bytes: count("tokens_bytes"),
}, (table) => [primaryKey({ columns: [table.records_id, table.step] })]);

/** What rollouts are found and ordered by; the rest of them is in their step's files. */
export const rollouts = sqliteTable("rollouts", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  records_id: ofRecords(),
  step: count("step").notNull(),
  /** In its step's files, from 0. */
  row: count("row").notNull(),
  prompt_idx: count("prompt_idx").notNull(),
  sample_idx: count("sample_idx").notNull(),
  completion_tokens: count("completion_tokens").notNull(),
  /** Null where it is no number. */
  score: real("score"),
}, (table) => [
  index("rollouts_step").on(table.records_id, table.step),
  index("rollouts_prompt").on(table.records_id, table.prompt_idx),
  index("rollouts_score").on(table.records_id, table.score),
  index("rollouts_length").on(table.records_id, table.completion_tokens),
]);

/** Places that hear of the events of all jobs. Rows are deleted, so lists go by the ids, which sort as they were made. */
export const webhookEndpoints = sqliteTable("webhook_endpoints", {
  id: string("id").primaryKey(),
  url: string("url").notNull(),
  description: string("description").notNull(),
  /** Types of events, or `*` for all. */
  event_types: list<string>("event_types").notNull(),
  secret: string("secret").notNull(),
  /** Earlier secrets, newest first, which sign beside the current one until they expire (ms). */
  previous_secrets: list<{ secret: string; expires_at: number }>("previous_secrets").notNull(),
  disabled_code: oneOf("disabled_code", DISABLE_CODES),
  disabled_reason: string("disabled_reason"),
  disabled_at: timestamp("disabled_at"),
  /** The first try that failed since one was accepted. */
  failing_since: timestamp("failing_since"),
  /** Hash of the API key and the client's Idempotency-Key, and of the request that came with it. */
  request_key: string("request_key"),
  request_hash: string("request_hash"),
  created_at: timestamp("created_at").notNull(),
});

/**
 * The webhook outbox, and their log: one row per event and destination, written in the event's own transaction. Rows
 * of one destination go out in the order of `id`.
 */
export const webhookDeliveries = sqliteTable("webhook_deliveries", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** Sent as webhook-id, the same on every try. */
  event_id: string("event_id").notNull(),
  /** The event's; null in rows of earlier versions whose body is damaged. */
  type: string("type"),
  /** The job whose own webhook this is; null for an endpoint, which is still told of a job that is deleted. */
  job_id: ofJob(),
  /** The job that it tells of; null in a test. */
  about_job_id: string("about_job_id"),
  /** What is ordered and addressed together: the job whose own webhook this is, or an endpoint. */
  destination: string("destination").notNull(),
  status: oneOf("status", DELIVERY_STATUSES).notNull(),
  /** The body as it was when the event happened, byte for byte what is signed. */
  body: string("body").notNull(),
  /** The delivery that this one repeats. */
  redelivery_of: count("redelivery_of"),
  attempts: count("attempts").notNull().default(0),
  next_attempt_at: timestamp("next_attempt_at").notNull(),
  last_attempt_at: timestamp("last_attempt_at"),
  last_status: count("last_status"),
  last_error: string("last_error"),
  /** From connecting to the answer's head, of the last try. */
  last_latency_ms: count("last_latency_ms"),
  /** The beginning of the last answer. */
  last_response: string("last_response"),
  created_at: timestamp("created_at").notNull(),
  finished_at: timestamp("finished_at"),
}, (table) => [
  index("webhook_deliveries_pending").on(table.status, table.destination, table.id),
  index("webhook_deliveries_destination").on(table.destination, table.id),
  index("webhook_deliveries_job").on(table.job_id, table.id),
  index("webhook_deliveries_finished").on(table.finished_at),
]);

/** What is known of each dataset; its rows are files below DATA_DIR/datasets, in a folder of its id. */
export const datasets = sqliteTable("datasets", {
  id: string("id").primaryKey(),
  name: string("name").notNull(),
  format: oneOf("format", DATASET_FORMATS).notNull(),
  rows: count("rows").notNull(),
  columns: list<string>("columns").notNull(),
  /** Of the file that was sent, as is its hash. */
  bytes: count("bytes").notNull(),
  sha256: string("sha256").notNull(),
  /** Id of the API key that sent it; null where none is needed. */
  owner: string("owner"),
  /** Hash of the API key and the client's Idempotency-Key, and of the request that came with it. */
  request_key: string("request_key"),
  request_hash: string("request_hash"),
  created_at: timestamp("created_at").notNull(),
}, (table) => [index("datasets_request").on(table.request_key)]);

/** Files that are kept as they were sent, in a folder of their id below DATA_DIR/files. */
export const files = sqliteTable("files", {
  id: string("id").primaryKey(),
  name: string("name").notNull(),
  purpose: oneOf("purpose", FILE_PURPOSES).notNull(),
  bytes: count("bytes").notNull(),
  sha256: string("sha256").notNull(),
  /** Nobody is shown it from then on; null for never. */
  expires_at: timestamp("expires_at"),
  /** Id of the API key that sent it; null where none is needed. */
  owner: string("owner"),
  created_at: timestamp("created_at").notNull(),
}, (table) => [index("files_expiry").on(table.expires_at)]);

/**
 * Jobs that were asked for by files (`core/fine_tuning/`): from the request until there is a training job, which has its
 * id, and what of the request the training job does not know.
 */
export const fineTunes = sqliteTable("fine_tunes", {
  /** The id that the training job has or will have. */
  id: string("id").primaryKey(),
  /** The same once there is a training job, with which the row goes. */
  job_id: string("job_id").references(() => jobs.id, { onDelete: "cascade" }),
  status: oneOf("status", FINE_TUNE_STATUSES).notNull(),
  method: oneOf("method", FINE_TUNE_METHODS).notNull().default("reinforcement"),
  model: string("model").notNull(),
  training_file: string("training_file").notNull(),
  validation_file: string("validation_file"),
  suffix: string("suffix"),
  /** Of the training job, without its rows. */
  config: object<Record<string, unknown>>("config", ["kind", "model"]).notNull(),
  /** What of the request is shown, with its defaults. */
  shown: object<Record<string, unknown>>("shown").notNull(),
  metadata: object<Record<string, string>>("metadata").notNull(),
  /** What was said of it before there was a training job, oldest first. */
  notes: list<Note>("notes").notNull(),
  error: object<FineTuneError>("error", ["code", "message"]),
  /** The dataset that was made of its files, and how many of its last rows are the validation file's. */
  dataset: string("dataset"),
  held_out: count("held_out").notNull().default(0),
  /** The file with its metrics, made when it was first asked for; it may be gone again. */
  result_file: string("result_file"),
  owner: string("owner"),
  created_at: timestamp("created_at").notNull(),
  finished_at: timestamp("finished_at"),
}, (table) => [
  index("fine_tunes_status").on(table.status),
  index("fine_tunes_job").on(table.job_id),
  index("fine_tunes_dataset").on(table.dataset),
]);

/** Answers kept under a client's Idempotency-Key. */
export const idempotencyKeys = sqliteTable("idempotency_keys", {
  /** Hash of the API key and the client's key. */
  key: string("key").primaryKey(),
  request_hash: string("request_hash").notNull(),
  job_id: ofJob().notNull(),
  response: string("response").notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [
  index("idempotency_keys_age").on(table.created_at),
  index("idempotency_keys_job").on(table.job_id),
]);

/** What the engine processes of a job wrote on stderr, the newest lines of it. */
export const jobLogs = sqliteTable("job_logs", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  job_id: ofJob().notNull(),
  attempt: count("attempt").notNull(),
  line: string("line").notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [index("job_logs_job").on(table.job_id, table.id)]);

/** What a key may do; each may do what those before it may. */
export const KEY_SCOPES = ["read", "write", "admin"] as const;

/** API keys that were made with the `keys` task. Rows stay: a server that ever had one is never open to everybody again. */
export const apiKeys = sqliteTable("api_keys", {
  id: string("id").primaryKey(),
  name: string("name").notNull(),
  /** The key's first characters, by which people know it. */
  start: string("start").notNull(),
  /** SHA-256 of the key, in hexadecimal; the key itself is nowhere. */
  hash: string("hash").notNull().unique(),
  scope: oneOf("scope", KEY_SCOPES).notNull(),
  created_at: timestamp("created_at").notNull(),
  expires_at: timestamp("expires_at"),
  revoked_at: timestamp("revoked_at"),
  /** To about a minute. */
  last_used_at: timestamp("last_used_at"),
});

/** What was changed, by whom, and how that ended. Holds names of things and never what is in a request. */
export const auditLog = sqliteTable("audit_log", {
  id: string("id").primaryKey(),
  at: timestamp("at").notNull(),
  /** Id of the API key; null where none was needed. */
  key_id: string("key_id"),
  method: string("method").notNull(),
  /** The route's pattern. */
  route: string("route").notNull(),
  /** Id of what it was done to, or of what came of it. */
  resource: string("resource"),
  status: count("status").notNull(),
  request_id: string("request_id"),
}, (table) => [index("audit_log_key").on(table.key_id), index("audit_log_resource").on(table.resource)]);

/**
 * What one server at a time does, where several share a database (`core/db/leases.ts`): sweeps, a destination of webhooks.
 * One that is over is anybody's.
 */
export const leases = sqliteTable("leases", {
  name: string("name").primaryKey(),
  /** `owner` of a database. */
  owner: string("owner").notNull(),
  /** ms of the database's clock. */
  until: count("until").notNull(),
});

/**
 * The last transaction of each server on a shared database, in its own numbers, by which one that heard no answer finds out
 * whether it was written. The highest id changes with every transaction of anybody.
 */
export const commits = sqliteTable("commits", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  owner: string("owner").notNull().unique(),
  number: count("number").notNull(),
  /** ms of the database's clock. */
  at: count("at").notNull(),
});

/** One row: the id of a shared database, which is also in the data folder that belongs to it. */
export const databases = sqliteTable("databases", { id: string("id").primaryKey() });

export type JobRow = typeof jobs.$inferSelect;
export type MetricsRow = typeof metrics.$inferSelect;
export type EventRow = typeof events.$inferSelect;
export type CheckpointRow = typeof checkpoints.$inferSelect;
export type JobRecordsRow = typeof jobRecords.$inferSelect;
export type RolloutRow = typeof rollouts.$inferSelect;
export type DatasetRow = typeof datasets.$inferSelect;
export type FileRow = typeof files.$inferSelect;
export type FineTuneRow = typeof fineTunes.$inferSelect;
export type EndpointRow = typeof webhookEndpoints.$inferSelect;
export type JobLogRow = typeof jobLogs.$inferSelect;
export type DeliveryRow = typeof webhookDeliveries.$inferSelect;
export type ApiKeyRow = typeof apiKeys.$inferSelect;
export type AuditRow = typeof auditLog.$inferSelect;
