-- Rows belong to the job they name, and go with it. One without what it must have is nobody's to read, and stays behind.
CREATE TABLE `__new_idempotency_keys` (
	`key` text PRIMARY KEY NOT NULL,
	`request_hash` text NOT NULL,
	`job_id` text NOT NULL,
	`response` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT OR IGNORE INTO `__new_idempotency_keys`("key", "request_hash", "job_id", "response", "created_at") SELECT "key", "request_hash", "job_id", "response", "created_at" FROM `idempotency_keys`;--> statement-breakpoint
DROP TABLE `idempotency_keys`;--> statement-breakpoint
ALTER TABLE `__new_idempotency_keys` RENAME TO `idempotency_keys`;--> statement-breakpoint
CREATE INDEX `idempotency_keys_age` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE INDEX `idempotency_keys_job` ON `idempotency_keys` (`job_id`);--> statement-breakpoint
CREATE TABLE `__new_checkpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`epoch` integer NOT NULL,
	`step` integer NOT NULL,
	`folder` text NOT NULL,
	`files` text NOT NULL,
	`metrics` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT OR IGNORE INTO `__new_checkpoints`("id", "job_id", "attempt", "epoch", "step", "folder", "files", "metrics", "created_at") SELECT "id", "job_id", "attempt", "epoch", "step", "folder", "files", "metrics", "created_at" FROM `checkpoints`;--> statement-breakpoint
DROP TABLE `checkpoints`;--> statement-breakpoint
ALTER TABLE `__new_checkpoints` RENAME TO `checkpoints`;--> statement-breakpoint
CREATE INDEX `checkpoints_job` ON `checkpoints` (`job_id`);--> statement-breakpoint
CREATE TABLE `__new_events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`job_id` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT OR IGNORE INTO `__new_events`("seq", "id", "job_id", "type", "data", "created_at") SELECT "seq", "id", "job_id", "type", "data", "created_at" FROM `events`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
ALTER TABLE `__new_events` RENAME TO `events`;--> statement-breakpoint
CREATE UNIQUE INDEX `events_id_unique` ON `events` (`id`);--> statement-breakpoint
CREATE INDEX `events_job` ON `events` (`job_id`,`seq`);--> statement-breakpoint
CREATE TABLE `__new_job_prompts` (
	`job_id` text PRIMARY KEY NOT NULL,
	`prompts` text NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT OR IGNORE INTO `__new_job_prompts`("job_id", "prompts") SELECT "job_id", "prompts" FROM `job_prompts`;--> statement-breakpoint
DROP TABLE `job_prompts`;--> statement-breakpoint
ALTER TABLE `__new_job_prompts` RENAME TO `job_prompts`;--> statement-breakpoint
CREATE TABLE `__new_metrics` (
	`job_id` text NOT NULL,
	`scope` text NOT NULL,
	`step` integer NOT NULL,
	`epoch` integer NOT NULL,
	`metrics` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `scope`, `step`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT OR IGNORE INTO `__new_metrics`("job_id", "scope", "step", "epoch", "metrics", "created_at") SELECT "job_id", "scope", "step", "epoch", "metrics", "created_at" FROM `metrics`;--> statement-breakpoint
DROP TABLE `metrics`;--> statement-breakpoint
ALTER TABLE `__new_metrics` RENAME TO `metrics`;--> statement-breakpoint
CREATE TABLE `__new_webhook_deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`event_id` text NOT NULL,
	`job_id` text NOT NULL,
	`destination` text NOT NULL,
	`status` text NOT NULL,
	`body` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer NOT NULL,
	`last_status` integer,
	`last_error` text,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT OR IGNORE INTO `__new_webhook_deliveries`("id", "event_id", "job_id", "destination", "status", "body", "attempts", "next_attempt_at", "last_status", "last_error", "created_at", "finished_at") SELECT "id", "event_id", "job_id", "destination", "status", "body", "attempts", "next_attempt_at", "last_status", "last_error", "created_at", "finished_at" FROM `webhook_deliveries`;--> statement-breakpoint
DROP TABLE `webhook_deliveries`;--> statement-breakpoint
ALTER TABLE `__new_webhook_deliveries` RENAME TO `webhook_deliveries`;--> statement-breakpoint
CREATE INDEX `webhook_deliveries_pending` ON `webhook_deliveries` (`status`,`destination`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_job` ON `webhook_deliveries` (`job_id`,`id`);