from enum import StrEnum

class EpochCompletedWebhookType(StrEnum):
    TRAINING_JOB_EPOCH_COMPLETED = "training_job.epoch.completed"

    def __str__(self) -> str:
        return str(self.value)
