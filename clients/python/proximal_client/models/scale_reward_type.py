from enum import StrEnum

class ScaleRewardType(StrEnum):
    SCALE = "scale"

    def __str__(self) -> str:
        return str(self.value)
