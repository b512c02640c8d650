from enum import StrEnum

class MultiGraderType(StrEnum):
    MULTI = "multi"

    def __str__(self) -> str:
        return str(self.value)
