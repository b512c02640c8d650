from enum import StrEnum

class PpoConfigLossAggregation(StrEnum):
    CONSTANT = "constant"
    SEQUENCE_MEAN = "sequence_mean"
    SEQUENCE_SUM = "sequence_sum"
    TOKEN_MEAN = "token_mean"

    def __str__(self) -> str:
        return str(self.value)
