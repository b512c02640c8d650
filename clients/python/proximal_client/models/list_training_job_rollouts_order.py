from enum import StrEnum

class ListTrainingJobRolloutsOrder(StrEnum):
    LENGTH = "length"
    REWARD = "reward"
    STEP = "step"
    VALUE_1 = "-step"
    VALUE_3 = "-reward"
    VALUE_5 = "-length"

    def __str__(self) -> str:
        return str(self.value)
