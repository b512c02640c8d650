from enum import StrEnum

class ClipRewardType(StrEnum):
    CLIP = "clip"

    def __str__(self) -> str:
        return str(self.value)
