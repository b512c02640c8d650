from enum import StrEnum

class FixedKlControllerType(StrEnum):
    FIXED = "fixed"

    def __str__(self) -> str:
        return str(self.value)
