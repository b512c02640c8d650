from enum import StrEnum

class SftConfigLossOn(StrEnum):
    ALL = "all"
    COMPLETION = "completion"

    def __str__(self) -> str:
        return str(self.value)
