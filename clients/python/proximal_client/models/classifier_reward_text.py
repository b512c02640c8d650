from enum import StrEnum

class ClassifierRewardText(StrEnum):
    COMPLETION = "completion"
    PROMPT_AND_COMPLETION = "prompt_and_completion"

    def __str__(self) -> str:
        return str(self.value)
