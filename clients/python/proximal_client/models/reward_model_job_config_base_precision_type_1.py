from enum import StrEnum

class RewardModelJobConfigBasePrecisionType1(StrEnum):
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    FLOAT32 = "float32"
    INT8 = "int8"

    def __str__(self) -> str:
        return str(self.value)
