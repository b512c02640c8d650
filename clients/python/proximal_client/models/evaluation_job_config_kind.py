from enum import StrEnum

class EvaluationJobConfigKind(StrEnum):
    EVALUATION = "evaluation"

    def __str__(self) -> str:
        return str(self.value)
