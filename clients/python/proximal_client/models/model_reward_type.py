from enum import StrEnum

class ModelRewardType(StrEnum):
    MODEL = "model"

    def __str__(self) -> str:
        return str(self.value)
