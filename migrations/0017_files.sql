CREATE TABLE `files` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`purpose` text NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`expires_at` integer,
	`owner` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `files_expiry` ON `files` (`expires_at`);--> statement-breakpoint
CREATE TABLE `fine_tunes` (
	`id` text PRIMARY KEY NOT NULL,
	`job_id` text,
	`status` text NOT NULL,
	`model` text NOT NULL,
	`training_file` text NOT NULL,
	`validation_file` text,
	`suffix` text,
	`config` text NOT NULL,
	`shown` text NOT NULL,
	`metadata` text NOT NULL,
	`notes` text NOT NULL,
	`error` text,
	`dataset` text,
	`result_file` text,
	`owner` text,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `fine_tunes_status` ON `fine_tunes` (`status`);--> statement-breakpoint
CREATE INDEX `fine_tunes_job` ON `fine_tunes` (`job_id`);--> statement-breakpoint
CREATE INDEX `fine_tunes_dataset` ON `fine_tunes` (`dataset`);