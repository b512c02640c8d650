from enum import StrEnum

class PpoJobConfigKind(StrEnum):
    PPO = "ppo"

    def __str__(self) -> str:
        return str(self.value)
