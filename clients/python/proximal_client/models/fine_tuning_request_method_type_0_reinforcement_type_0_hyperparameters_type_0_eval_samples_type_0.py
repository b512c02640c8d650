from enum import StrEnum

class FineTuningRequestMethodType0ReinforcementType0HyperparametersType0EvalSamplesType0(StrEnum):
    AUTO = "auto"

    def __str__(self) -> str:
        return str(self.value)
