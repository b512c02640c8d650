from enum import StrEnum

class FineTuningRequestMethodType0Type(StrEnum):
    DPO = "dpo"
    REINFORCEMENT = "reinforcement"
    SUPERVISED = "supervised"

    def __str__(self) -> str:
        return str(self.value)
