from enum import StrEnum

class ScoreModelGraderInputItemType(StrEnum):
    MESSAGE = "message"

    def __str__(self) -> str:
        return str(self.value)
