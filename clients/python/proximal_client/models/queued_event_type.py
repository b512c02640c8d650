from enum import StrEnum

class QueuedEventType(StrEnum):
    TRAINING_JOB_QUEUED = "training_job.queued"

    def __str__(self) -> str:
        return str(self.value)
