from enum import StrEnum

class KeywordsRewardType(StrEnum):
    KEYWORDS = "keywords"

    def __str__(self) -> str:
        return str(self.value)
