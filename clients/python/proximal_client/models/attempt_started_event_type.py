from enum import StrEnum

class AttemptStartedEventType(StrEnum):
    TRAINING_JOB_ATTEMPT_STARTED = "training_job.attempt.started"

    def __str__(self) -> str:
        return str(self.value)
