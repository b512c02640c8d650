from enum import StrEnum

class SftJobConfigHeldOutRows(StrEnum):
    LAST = "last"
    RANDOM = "random"

    def __str__(self) -> str:
        return str(self.value)
