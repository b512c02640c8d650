from enum import StrEnum

class StartedWebhookType(StrEnum):
    TRAINING_JOB_STARTED = "training_job.started"

    def __str__(self) -> str:
        return str(self.value)
