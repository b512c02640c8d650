from enum import StrEnum

class CheckpointCreatedEventType(StrEnum):
    TRAINING_JOB_CHECKPOINT_CREATED = "training_job.checkpoint.created"

    def __str__(self) -> str:
        return str(self.value)
