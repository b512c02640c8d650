from enum import StrEnum

class SftJobConfigKind(StrEnum):
    SFT = "sft"

    def __str__(self) -> str:
        return str(self.value)
