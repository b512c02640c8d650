from enum import StrEnum

class FineTuningJobObject(StrEnum):
    FINE_TUNING_JOB = "fine_tuning.job"

    def __str__(self) -> str:
        return str(self.value)
