from enum import StrEnum

class HttpRewardOnErrorType0(StrEnum):
    FAIL = "fail"

    def __str__(self) -> str:
        return str(self.value)
