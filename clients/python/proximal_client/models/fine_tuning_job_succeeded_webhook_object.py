from enum import StrEnum

class FineTuningJobSucceededWebhookObject(StrEnum):
    EVENT = "event"

    def __str__(self) -> str:
        return str(self.value)
