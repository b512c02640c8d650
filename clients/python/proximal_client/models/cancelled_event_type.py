from enum import StrEnum

class CancelledEventType(StrEnum):
    TRAINING_JOB_CANCELLED = "training_job.cancelled"

    def __str__(self) -> str:
        return str(self.value)
