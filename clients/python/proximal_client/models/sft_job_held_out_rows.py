from enum import StrEnum

class SftJobHeldOutRows(StrEnum):
    LAST = "last"
    RANDOM = "random"

    def __str__(self) -> str:
        return str(self.value)
