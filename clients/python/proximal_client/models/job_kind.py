from enum import StrEnum

class JobKind(StrEnum):
    EVALUATION = "evaluation"
    PPO = "ppo"
    REWARD_MODEL = "reward_model"
    SFT = "sft"

    def __str__(self) -> str:
        return str(self.value)
