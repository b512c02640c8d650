from enum import StrEnum

class FullTrainableType(StrEnum):
    FULL = "full"

    def __str__(self) -> str:
        return str(self.value)
