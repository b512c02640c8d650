from enum import StrEnum

class SucceededWebhookType(StrEnum):
    TRAINING_JOB_SUCCEEDED = "training_job.succeeded"

    def __str__(self) -> str:
        return str(self.value)
