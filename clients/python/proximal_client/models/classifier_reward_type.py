from enum import StrEnum

class ClassifierRewardType(StrEnum):
    CLASSIFIER = "classifier"

    def __str__(self) -> str:
        return str(self.value)
