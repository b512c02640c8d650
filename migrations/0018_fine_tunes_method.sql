ALTER TABLE `fine_tunes` ADD `method` text DEFAULT 'reinforcement' NOT NULL;--> statement-breakpoint
ALTER TABLE `fine_tunes` ADD `held_out` integer DEFAULT 0 NOT NULL;