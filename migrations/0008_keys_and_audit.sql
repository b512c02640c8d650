CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`start` text NOT NULL,
	`hash` text NOT NULL,
	`scope` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	`revoked_at` integer,
	`last_used_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`key_id` text,
	`method` text NOT NULL,
	`route` text NOT NULL,
	`resource` text,
	`status` integer NOT NULL,
	`request_id` text
);
--> statement-breakpoint
CREATE INDEX `audit_log_key` ON `audit_log` (`key_id`);--> statement-breakpoint
CREATE INDEX `audit_log_resource` ON `audit_log` (`resource`);