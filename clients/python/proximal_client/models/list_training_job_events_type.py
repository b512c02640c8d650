from enum import StrEnum

class ListTrainingJobEventsType(StrEnum):
    TRAINING_JOB_ATTEMPT_STARTED = "training_job.attempt.started"
    TRAINING_JOB_CANCELLED = "training_job.cancelled"
    TRAINING_JOB_CANCELLING = "training_job.cancelling"
    TRAINING_JOB_CHECKPOINT_CREATED = "training_job.checkpoint.created"
    TRAINING_JOB_EPOCH_COMPLETED = "training_job.epoch.completed"
    TRAINING_JOB_EVALUATION_COMPLETED = "training_job.evaluation.completed"
    TRAINING_JOB_FAILED = "training_job.failed"
    TRAINING_JOB_PAUSED = "training_job.paused"
    TRAINING_JOB_PAUSING = "training_job.pausing"
    TRAINING_JOB_QUEUED = "training_job.queued"
    TRAINING_JOB_REQUEUED = "training_job.requeued"
    TRAINING_JOB_RESUMED = "training_job.resumed"
    TRAINING_JOB_STARTED = "training_job.started"
    TRAINING_JOB_STEP_COMPLETED = "training_job.step.completed"
    TRAINING_JOB_SUCCEEDED = "training_job.succeeded"
    TRAINING_JOB_WARNING = "training_job.warning"

    def __str__(self) -> str:
        return str(self.value)
