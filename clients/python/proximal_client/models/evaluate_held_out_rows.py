from enum import StrEnum

class EvaluateHeldOutRows(StrEnum):
    LAST = "last"
    RANDOM = "random"

    def __str__(self) -> str:
        return str(self.value)
