from enum import StrEnum

class ExactMatchRewardType(StrEnum):
    EXACT_MATCH = "exact_match"

    def __str__(self) -> str:
        return str(self.value)
