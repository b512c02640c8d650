from enum import StrEnum

class FineTuningRequestMethodType0ReinforcementType0HyperparametersType0ReasoningEffortType3Type1(StrEnum):
    DEFAULT = "default"
    HIGH = "high"
    LOW = "low"
    MEDIUM = "medium"
    MINIMAL = "minimal"
    NONE = "none"
    XHIGH = "xhigh"

    def __str__(self) -> str:
        return str(self.value)
