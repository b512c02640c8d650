from enum import StrEnum

class EvaluationRequestKind(StrEnum):
    EVALUATION = "evaluation"

    def __str__(self) -> str:
        return str(self.value)
