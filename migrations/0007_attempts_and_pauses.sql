DROP INDEX `jobs_status`;--> statement-breakpoint
ALTER TABLE `jobs` ADD `attempts` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `failures` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `interrupted_at_step` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `memory_halvings` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `status_reason` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `retry_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `claim_number` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `engine` text;--> statement-breakpoint
CREATE INDEX `jobs_claims` ON `jobs` (`owner`,`claim_number`);--> statement-breakpoint
CREATE INDEX `jobs_status` ON `jobs` (`status`,`owner`,`retry_at`);--> statement-breakpoint
ALTER TABLE `checkpoints` ADD `reason` text DEFAULT 'epoch' NOT NULL;--> statement-breakpoint
ALTER TABLE `checkpoints` ADD `resumable` integer DEFAULT 0 NOT NULL;