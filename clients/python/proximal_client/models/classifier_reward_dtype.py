from enum import StrEnum

class ClassifierRewardDtype(StrEnum):
    FP16 = "fp16"
    FP32 = "fp32"
    INT8 = "int8"
    Q4 = "q4"
    Q8 = "q8"
    UINT8 = "uint8"

    def __str__(self) -> str:
        return str(self.value)
