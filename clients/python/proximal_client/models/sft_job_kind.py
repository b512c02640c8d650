from enum import StrEnum

class SftJobKind(StrEnum):
    SFT = "sft"

    def __str__(self) -> str:
        return str(self.value)
