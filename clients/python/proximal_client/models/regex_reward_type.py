from enum import StrEnum

class RegexRewardType(StrEnum):
    REGEX = "regex"

    def __str__(self) -> str:
        return str(self.value)
