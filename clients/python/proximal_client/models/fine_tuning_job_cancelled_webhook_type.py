from enum import StrEnum

class FineTuningJobCancelledWebhookType(StrEnum):
    FINE_TUNING_JOB_CANCELLED = "fine_tuning.job.cancelled"

    def __str__(self) -> str:
        return str(self.value)
