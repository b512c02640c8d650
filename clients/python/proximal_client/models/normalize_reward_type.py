from enum import StrEnum

class NormalizeRewardType(StrEnum):
    NORMALIZE = "normalize"

    def __str__(self) -> str:
        return str(self.value)
