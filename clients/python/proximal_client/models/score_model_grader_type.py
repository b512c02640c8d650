from enum import StrEnum

class ScoreModelGraderType(StrEnum):
    SCORE_MODEL = "score_model"

    def __str__(self) -> str:
        return str(self.value)
