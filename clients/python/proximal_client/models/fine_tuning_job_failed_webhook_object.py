from enum import StrEnum

class FineTuningJobFailedWebhookObject(StrEnum):
    EVENT = "event"

    def __str__(self) -> str:
        return str(self.value)
