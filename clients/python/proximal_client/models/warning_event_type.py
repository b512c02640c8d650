from enum import StrEnum

class WarningEventType(StrEnum):
    TRAINING_JOB_WARNING = "training_job.warning"

    def __str__(self) -> str:
        return str(self.value)
