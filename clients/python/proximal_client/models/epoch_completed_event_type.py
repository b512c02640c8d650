from enum import StrEnum

class EpochCompletedEventType(StrEnum):
    TRAINING_JOB_EPOCH_COMPLETED = "training_job.epoch.completed"

    def __str__(self) -> str:
        return str(self.value)
