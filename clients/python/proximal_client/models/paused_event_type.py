from enum import StrEnum

class PausedEventType(StrEnum):
    TRAINING_JOB_PAUSED = "training_job.paused"

    def __str__(self) -> str:
        return str(self.value)
