from enum import StrEnum

class LengthRewardUnit(StrEnum):
    CHARACTERS = "characters"
    TOKENS = "tokens"
    WORDS = "words"

    def __str__(self) -> str:
        return str(self.value)
