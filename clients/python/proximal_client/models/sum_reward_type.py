from enum import StrEnum

class SumRewardType(StrEnum):
    SUM = "sum"

    def __str__(self) -> str:
        return str(self.value)
