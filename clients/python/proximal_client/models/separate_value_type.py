from enum import StrEnum

class SeparateValueType(StrEnum):
    SEPARATE = "separate"

    def __str__(self) -> str:
        return str(self.value)
