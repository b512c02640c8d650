-- Epochs, and the steps of warnings, were counted from 0. A row that is damaged stays as it is and holds up no others.
UPDATE `checkpoints` SET `epoch` = `epoch` + 1;--> statement-breakpoint
UPDATE `metrics` SET `epoch` = `epoch` + 1;--> statement-breakpoint
UPDATE `jobs` SET `progress` = json_set(`progress`, '$.epoch',
  (json_extract(`progress`, '$.step') + json_extract(`plan`, '$.steps_per_epoch') - 1) / json_extract(`plan`, '$.steps_per_epoch')
) WHERE CASE WHEN json_valid(`progress`) AND json_valid(`plan`) THEN json_extract(`plan`, '$.steps_per_epoch') > 0 END;--> statement-breakpoint
UPDATE `events` SET `data` = json_set(`data`, '$.progress.epoch', json_extract(`data`, '$.progress.epoch') + 1)
  WHERE `type` = 'training_job.step.completed' AND json_valid(`data`);--> statement-breakpoint
UPDATE `events` SET `data` = json_set(`data`, '$.epoch', json_extract(`data`, '$.epoch') + 1)
  WHERE `type` = 'training_job.epoch.completed' AND json_valid(`data`);--> statement-breakpoint
UPDATE `events` SET `data` = json_set(`data`, '$.checkpoint.epoch', json_extract(`data`, '$.checkpoint.epoch') + 1)
  WHERE `type` = 'training_job.checkpoint.created' AND json_valid(`data`);--> statement-breakpoint
UPDATE `events` SET `data` = json_set(`data`, '$.step', json_extract(`data`, '$.step') + 1)
  WHERE `type` = 'training_job.warning' AND json_valid(`data`);
