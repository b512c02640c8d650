from enum import StrEnum

class RewardModelJobConfigKind(StrEnum):
    REWARD_MODEL = "reward_model"

    def __str__(self) -> str:
        return str(self.value)
