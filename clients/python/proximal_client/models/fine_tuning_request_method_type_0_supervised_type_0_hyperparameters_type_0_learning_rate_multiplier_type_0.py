from enum import StrEnum

class FineTuningRequestMethodType0SupervisedType0HyperparametersType0LearningRateMultiplierType0(StrEnum):
    AUTO = "auto"

    def __str__(self) -> str:
        return str(self.value)
