from enum import StrEnum

class EvaluationJobKind(StrEnum):
    EVALUATION = "evaluation"

    def __str__(self) -> str:
        return str(self.value)
