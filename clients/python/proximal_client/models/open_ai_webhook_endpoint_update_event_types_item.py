from enum import StrEnum

class OpenAIWebhookEndpointUpdateEventTypesItem(StrEnum):
    FINE_TUNING_JOB_CANCELLED = "fine_tuning.job.cancelled"
    FINE_TUNING_JOB_FAILED = "fine_tuning.job.failed"
    FINE_TUNING_JOB_SUCCEEDED = "fine_tuning.job.succeeded"

    def __str__(self) -> str:
        return str(self.value)
