from enum import StrEnum

class RewardModelConfigOverlong(StrEnum):
    FAIL = "fail"
    TRUNCATE = "truncate"

    def __str__(self) -> str:
        return str(self.value)
