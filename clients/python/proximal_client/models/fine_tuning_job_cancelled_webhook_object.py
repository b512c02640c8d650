from enum import StrEnum

class FineTuningJobCancelledWebhookObject(StrEnum):
    EVENT = "event"

    def __str__(self) -> str:
        return str(self.value)
