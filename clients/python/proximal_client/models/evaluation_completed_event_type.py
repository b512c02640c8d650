from enum import StrEnum

class EvaluationCompletedEventType(StrEnum):
    TRAINING_JOB_EVALUATION_COMPLETED = "training_job.evaluation.completed"

    def __str__(self) -> str:
        return str(self.value)
