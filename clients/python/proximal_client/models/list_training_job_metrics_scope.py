from enum import StrEnum

class ListTrainingJobMetricsScope(StrEnum):
    EPOCH = "epoch"
    EVALUATION = "evaluation"
    STEP = "step"

    def __str__(self) -> str:
        return str(self.value)
