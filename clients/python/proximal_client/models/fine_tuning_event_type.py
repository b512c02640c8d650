from enum import StrEnum

class FineTuningEventType(StrEnum):
    MESSAGE = "message"
    METRICS = "metrics"

    def __str__(self) -> str:
        return str(self.value)
