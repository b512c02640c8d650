CREATE TABLE `datasets` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`format` text NOT NULL,
	`rows` integer NOT NULL,
	`columns` text NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`owner` text,
	`request_key` text,
	`request_hash` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `datasets_request` ON `datasets` (`request_key`);