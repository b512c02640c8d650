-- Epochs, and the steps of warnings, were counted from 0.
UPDATE `checkpoints` SET `epoch` = `epoch` + 1;--> statement-breakpoint
UPDATE `metrics` SET `epoch` = `epoch` + 1;--> statement-breakpoint
UPDATE `jobs` SET `progress` = json_set(`progress`, '$.epoch',
  (json_extract(`progress`, '$.step') + json_extract(`plan`, '$.steps_per_epoch') - 1) / json_extract(`plan`, '$.steps_per_epoch')
) WHERE json_extract(`plan`, '$.steps_per_epoch') > 0;--> statement-breakpoint
UPDATE `events` SET `data` = json_set(`data`, '$.progress.epoch', json_extract(`data`, '$.progress.epoch') + 1)
  WHERE `type` = 'training_job.step.completed';--> statement-breakpoint
UPDATE `events` SET `data` = json_set(`data`, '$.epoch', json_extract(`data`, '$.epoch') + 1)
  WHERE `type` = 'training_job.epoch.completed';--> statement-breakpoint
UPDATE `events` SET `data` = json_set(`data`, '$.checkpoint.epoch', json_extract(`data`, '$.checkpoint.epoch') + 1)
  WHERE `type` = 'training_job.checkpoint.created';--> statement-breakpoint
UPDATE `events` SET `data` = json_set(`data`, '$.step', json_extract(`data`, '$.step') + 1)
  WHERE `type` = 'training_job.warning';
