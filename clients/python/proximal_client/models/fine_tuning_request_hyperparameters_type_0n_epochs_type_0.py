from enum import StrEnum

class FineTuningRequestHyperparametersType0NEpochsType0(StrEnum):
    AUTO = "auto"

    def __str__(self) -> str:
        return str(self.value)
