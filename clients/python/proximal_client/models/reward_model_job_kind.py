from enum import StrEnum

class RewardModelJobKind(StrEnum):
    REWARD_MODEL = "reward_model"

    def __str__(self) -> str:
        return str(self.value)
