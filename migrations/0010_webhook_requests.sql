ALTER TABLE `webhook_endpoints` ADD `request_key` text;--> statement-breakpoint
ALTER TABLE `webhook_endpoints` ADD `request_hash` text;