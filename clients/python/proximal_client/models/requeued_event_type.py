from enum import StrEnum

class RequeuedEventType(StrEnum):
    TRAINING_JOB_REQUEUED = "training_job.requeued"

    def __str__(self) -> str:
        return str(self.value)
