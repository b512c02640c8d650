from enum import StrEnum

class EarlyStopModeType2Type1(StrEnum):
    MAX = "max"
    MIN = "min"

    def __str__(self) -> str:
        return str(self.value)
