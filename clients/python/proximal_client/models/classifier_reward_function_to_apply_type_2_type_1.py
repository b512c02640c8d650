from enum import StrEnum

class ClassifierRewardFunctionToApplyType2Type1(StrEnum):
    NONE = "none"
    SIGMOID = "sigmoid"
    SOFTMAX = "softmax"

    def __str__(self) -> str:
        return str(self.value)
