from enum import StrEnum

class SharedValueType(StrEnum):
    SHARED = "shared"

    def __str__(self) -> str:
        return str(self.value)
