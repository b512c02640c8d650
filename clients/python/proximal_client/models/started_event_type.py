from enum import StrEnum

class StartedEventType(StrEnum):
    TRAINING_JOB_STARTED = "training_job.started"

    def __str__(self) -> str:
        return str(self.value)
