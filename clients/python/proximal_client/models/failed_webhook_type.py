from enum import StrEnum

class FailedWebhookType(StrEnum):
    TRAINING_JOB_FAILED = "training_job.failed"

    def __str__(self) -> str:
        return str(self.value)
