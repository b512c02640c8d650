from enum import StrEnum

class StepCompletedEventType(StrEnum):
    TRAINING_JOB_STEP_COMPLETED = "training_job.step.completed"

    def __str__(self) -> str:
        return str(self.value)
