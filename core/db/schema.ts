/**
 * The database's tables. Only the API process writes here. JSON columns hold what `core/` types say;
 * times are milliseconds. Change this file, then run the db:generate task.
 */
import { type SQL, sql } from "drizzle-orm";
import { index, integer, primaryKey, type SQLiteTable, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { CheckpointFile, JobPlan, Metrics, Progress } from "../engine/protocol.ts";
import type { ErrorRecord } from "../errors.ts";
import { JOB_EVENT_TYPES } from "../jobs/job_events.ts";
import { JOB_STATUSES } from "../jobs/job_states.ts";
import type { TrainingJobConfig } from "../ppo/config.ts";

const timestamp = (name: string) => integer(name, { mode: "timestamp_ms" });

/**
 * SQLite's own number of a row. Rows of these tables are never deleted, so it counts them in the order they were
 * written, which is the order of lists and of the queue: no clock that is set back changes it.
 */
export function rowNumber(table: SQLiteTable): SQL<number> {
  return sql<number>`${table}.rowid`;
}

/** A job's configuration without what other columns hold. */
export type StoredConfig = Omit<TrainingJobConfig, "prompts" | "webhook" | "metadata">;

export const jobs = sqliteTable("jobs", {
  id: text("id").primaryKey(),
  kind: text("kind", { enum: ["ppo"] }).notNull(),
  status: text("status", { enum: JOB_STATUSES }).notNull(),
  model: text("model").notNull(),
  config: text("config", { mode: "json" }).$type<StoredConfig>().notNull(),
  metadata: text("metadata", { mode: "json" }).$type<Record<string, string>>().notNull(),
  plan: text("plan", { mode: "json" }).$type<JobPlan>().notNull(),
  progress: text("progress", { mode: "json" }).$type<Progress>().notNull(),
  latest_metrics: text("latest_metrics", { mode: "json" }).$type<Metrics>(),
  error: text("error", { mode: "json" }).$type<ErrorRecord>(),
  /** Id of the last checkpoint. */
  checkpoint: text("checkpoint"),
  /** Engine processes started for the job so far. */
  attempt: integer("attempt").notNull().default(0),
  /** Attempts that ended because the server died with them; see docs/jobs.md. */
  interruptions: integer("interruptions").notNull().default(0),
  webhook_url: text("webhook_url"),
  webhook_secret: text("webhook_secret"),
  created_at: timestamp("created_at").notNull(),
  started_at: timestamp("started_at"),
  finished_at: timestamp("finished_at"),
}, (table) => [
  index("jobs_status").on(table.status),
  index("jobs_kind").on(table.kind),
]);

/** Apart from `jobs`, whose rows are rewritten at every step and must stay small. */
export const jobPrompts = sqliteTable("job_prompts", {
  job_id: text("job_id").primaryKey(),
  prompts: text("prompts", { mode: "json" }).$type<TrainingJobConfig["prompts"]>().notNull(),
});

/** One row per step and one per epoch (`step`: the epoch's last). Both are counted from 1. */
export const metrics = sqliteTable("metrics", {
  job_id: text("job_id").notNull(),
  scope: text("scope", { enum: ["step", "epoch"] }).notNull(),
  step: integer("step").notNull(),
  epoch: integer("epoch").notNull(),
  metrics: text("metrics", { mode: "json" }).$type<Metrics>().notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [primaryKey({ columns: [table.job_id, table.scope, table.step] })]);

/** The feed of a job; `seq` is its order. */
export const events = sqliteTable("events", {
  seq: integer("seq").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  job_id: text("job_id").notNull(),
  type: text("type", { enum: JOB_EVENT_TYPES }).notNull(),
  data: text("data", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [index("events_job").on(table.job_id, table.seq)]);

export const checkpoints = sqliteTable("checkpoints", {
  id: text("id").primaryKey(),
  job_id: text("job_id").notNull(),
  attempt: integer("attempt").notNull(),
  epoch: integer("epoch").notNull(),
  step: integer("step").notNull(),
  /** Below DATA_DIR, so the folder as a whole can be moved. */
  folder: text("folder").notNull(),
  files: text("files", { mode: "json" }).$type<CheckpointFile[]>().notNull(),
  metrics: text("metrics", { mode: "json" }).$type<Metrics>().notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [index("checkpoints_job").on(table.job_id)]);

export const DELIVERY_STATUSES = ["pending", "delivered", "failed"] as const;

/**
 * The webhook outbox: one row per event and destination, written in the event's own transaction. Rows of one
 * destination go out in the order of `id`.
 */
export const webhookDeliveries = sqliteTable("webhook_deliveries", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** Sent as webhook-id, the same on every try. */
  event_id: text("event_id").notNull(),
  job_id: text("job_id").notNull(),
  /** What is ordered and addressed together: the job whose own webhook this is. */
  destination: text("destination").notNull(),
  status: text("status", { enum: DELIVERY_STATUSES }).notNull(),
  /** The body as it was when the event happened, byte for byte what is signed. */
  body: text("body").notNull(),
  attempts: integer("attempts").notNull().default(0),
  next_attempt_at: timestamp("next_attempt_at").notNull(),
  last_status: integer("last_status"),
  last_error: text("last_error"),
  created_at: timestamp("created_at").notNull(),
  finished_at: timestamp("finished_at"),
}, (table) => [
  index("webhook_deliveries_pending").on(table.status, table.destination, table.id),
  index("webhook_deliveries_job").on(table.job_id, table.id),
]);

/** Answers kept under a client's Idempotency-Key. */
export const idempotencyKeys = sqliteTable("idempotency_keys", {
  /** Hash of the API key and the client's key. */
  key: text("key").primaryKey(),
  request_hash: text("request_hash").notNull(),
  job_id: text("job_id").notNull(),
  response: text("response").notNull(),
  created_at: timestamp("created_at").notNull(),
}, (table) => [index("idempotency_keys_age").on(table.created_at)]);

export type JobRow = typeof jobs.$inferSelect;
export type MetricsRow = typeof metrics.$inferSelect;
export type EventRow = typeof events.$inferSelect;
export type CheckpointRow = typeof checkpoints.$inferSelect;
export type DeliveryRow = typeof webhookDeliveries.$inferSelect;
