from enum import StrEnum

class PausingEventType(StrEnum):
    TRAINING_JOB_PAUSING = "training_job.pausing"

    def __str__(self) -> str:
        return str(self.value)
