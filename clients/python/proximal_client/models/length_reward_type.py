from enum import StrEnum

class LengthRewardType(StrEnum):
    LENGTH = "length"

    def __str__(self) -> str:
        return str(self.value)
