from enum import StrEnum

class PpoConfigScoreScaling(StrEnum):
    MEAN_STD = "mean_std"
    NONE = "none"
    STD = "std"

    def __str__(self) -> str:
        return str(self.value)
