from enum import StrEnum

class CancellingEventType(StrEnum):
    TRAINING_JOB_CANCELLING = "training_job.cancelling"

    def __str__(self) -> str:
        return str(self.value)
