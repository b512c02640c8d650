from enum import StrEnum

class WebhookCreationEventTypesItem(StrEnum):
    FINE_TUNING_JOB_CANCELLED = "fine_tuning.job.cancelled"
    FINE_TUNING_JOB_FAILED = "fine_tuning.job.failed"
    FINE_TUNING_JOB_SUCCEEDED = "fine_tuning.job.succeeded"
    TRAINING_JOB_CANCELLED = "training_job.cancelled"
    TRAINING_JOB_CHECKPOINT_CREATED = "training_job.checkpoint.created"
    TRAINING_JOB_EPOCH_COMPLETED = "training_job.epoch.completed"
    TRAINING_JOB_FAILED = "training_job.failed"
    TRAINING_JOB_PAUSED = "training_job.paused"
    TRAINING_JOB_STARTED = "training_job.started"
    TRAINING_JOB_SUCCEEDED = "training_job.succeeded"
    TRAINING_JOB_WARNING = "training_job.warning"
    VALUE_0 = "*"

    def __str__(self) -> str:
        return str(self.value)
