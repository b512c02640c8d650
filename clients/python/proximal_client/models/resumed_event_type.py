from enum import StrEnum

class ResumedEventType(StrEnum):
    TRAINING_JOB_RESUMED = "training_job.resumed"

    def __str__(self) -> str:
        return str(self.value)
