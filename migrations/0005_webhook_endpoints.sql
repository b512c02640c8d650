CREATE TABLE `webhook_endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`description` text NOT NULL,
	`event_types` text NOT NULL,
	`secret` text NOT NULL,
	`previous_secrets` text NOT NULL,
	`disabled_code` text,
	`disabled_reason` text,
	`disabled_at` integer,
	`failing_since` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `__new_webhook_deliveries` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`event_id` text NOT NULL,
	`type` text,
	`job_id` text,
	`about_job_id` text,
	`destination` text NOT NULL,
	`status` text NOT NULL,
	`body` text NOT NULL,
	`redelivery_of` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer NOT NULL,
	`last_attempt_at` integer,
	`last_status` integer,
	`last_error` text,
	`last_latency_ms` integer,
	`last_response` text,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
INSERT OR IGNORE INTO `__new_webhook_deliveries`("id", "event_id", "type", "job_id", "about_job_id", "destination", "status", "body", "attempts", "next_attempt_at", "last_status", "last_error", "created_at", "finished_at") SELECT "id", "event_id", CASE WHEN json_valid("body") THEN json_extract("body", '$.type') END, "job_id", "job_id", "destination", "status", "body", "attempts", "next_attempt_at", "last_status", "last_error", "created_at", "finished_at" FROM `webhook_deliveries`;--> statement-breakpoint
DROP TABLE `webhook_deliveries`;--> statement-breakpoint
ALTER TABLE `__new_webhook_deliveries` RENAME TO `webhook_deliveries`;--> statement-breakpoint
CREATE INDEX `webhook_deliveries_pending` ON `webhook_deliveries` (`status`,`destination`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_destination` ON `webhook_deliveries` (`destination`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_job` ON `webhook_deliveries` (`job_id`,`id`);--> statement-breakpoint
CREATE INDEX `webhook_deliveries_finished` ON `webhook_deliveries` (`finished_at`);--> statement-breakpoint
ALTER TABLE `jobs` ADD `webhook_given_up` text;