DROP INDEX `checkpoints_job`;--> statement-breakpoint
CREATE INDEX `checkpoints_job` ON `checkpoints` (`job_id`);--> statement-breakpoint
DROP INDEX `jobs_status`;--> statement-breakpoint
DROP INDEX `jobs_kind`;--> statement-breakpoint
CREATE INDEX `jobs_status` ON `jobs` (`status`);--> statement-breakpoint
CREATE INDEX `jobs_kind` ON `jobs` (`kind`);
