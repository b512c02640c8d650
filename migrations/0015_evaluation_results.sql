ALTER TABLE `jobs` ADD `best_checkpoint` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `stopped` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `result` text;