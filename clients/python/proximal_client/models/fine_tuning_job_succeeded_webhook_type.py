from enum import StrEnum

class FineTuningJobSucceededWebhookType(StrEnum):
    FINE_TUNING_JOB_SUCCEEDED = "fine_tuning.job.succeeded"

    def __str__(self) -> str:
        return str(self.value)
