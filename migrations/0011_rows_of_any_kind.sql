-- The prompts of a job were one list; rows of jobs of all kinds are apart, so that a page of them can be read.
CREATE TABLE `job_rows` (
	`job_id` text NOT NULL,
	`number` integer NOT NULL,
	`row` text NOT NULL,
	PRIMARY KEY(`job_id`, `number`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
ALTER TABLE `jobs` ADD `row_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- A list that is damaged leaves a job without rows, which says so when they are read.
INSERT INTO `job_rows`("job_id", "number", "row") SELECT "job_id", "key", CASE "type" WHEN 'text' THEN json_quote("value") ELSE "value" END FROM `job_prompts`, json_each(CASE WHEN typeof("prompts") = 'text' AND json_valid("prompts") THEN CASE json_type("prompts") WHEN 'array' THEN "prompts" ELSE '[]' END ELSE '[]' END) WHERE "type" IN ('text', 'object');--> statement-breakpoint
UPDATE `jobs` SET `row_count` = (SELECT count(*) FROM `job_rows` WHERE `job_rows`.`job_id` = `jobs`.`id`);--> statement-breakpoint
DROP TABLE `job_prompts`;
