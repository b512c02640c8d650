from enum import StrEnum

class FineTuningJobFailedWebhookType(StrEnum):
    FINE_TUNING_JOB_FAILED = "fine_tuning.job.failed"

    def __str__(self) -> str:
        return str(self.value)
