from enum import StrEnum

class FailedEventType(StrEnum):
    TRAINING_JOB_FAILED = "training_job.failed"

    def __str__(self) -> str:
        return str(self.value)
