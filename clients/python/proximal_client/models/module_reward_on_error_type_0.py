from enum import StrEnum

class ModuleRewardOnErrorType0(StrEnum):
    FAIL = "fail"

    def __str__(self) -> str:
        return str(self.value)
