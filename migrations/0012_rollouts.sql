CREATE TABLE `job_records` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job_id` text NOT NULL,
	`step` integer NOT NULL,
	`rollouts_from` integer DEFAULT 1 NOT NULL,
	`tokens_from` integer DEFAULT 1 NOT NULL,
	`bytes` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `job_records_job_id_unique` ON `job_records` (`job_id`);--> statement-breakpoint
CREATE TABLE `record_steps` (
	`records_id` integer NOT NULL,
	`step` integer NOT NULL,
	`rollouts_bytes` integer NOT NULL,
	`tokens_bytes` integer,
	PRIMARY KEY(`records_id`, `step`),
	FOREIGN KEY (`records_id`) REFERENCES `job_records`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `rollouts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`records_id` integer NOT NULL,
	`step` integer NOT NULL,
	`row` integer NOT NULL,
	`prompt_idx` integer NOT NULL,
	`sample_idx` integer NOT NULL,
	`completion_tokens` integer NOT NULL,
	`score` real,
	FOREIGN KEY (`records_id`) REFERENCES `job_records`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `rollouts_step` ON `rollouts` (`records_id`,`step`);--> statement-breakpoint
CREATE INDEX `rollouts_prompt` ON `rollouts` (`records_id`,`prompt_idx`);--> statement-breakpoint
CREATE INDEX `rollouts_score` ON `rollouts` (`records_id`,`score`);--> statement-breakpoint
CREATE INDEX `rollouts_length` ON `rollouts` (`records_id`,`completion_tokens`);