from enum import StrEnum

class RepetitionRewardType(StrEnum):
    REPETITION = "repetition"

    def __str__(self) -> str:
        return str(self.value)
