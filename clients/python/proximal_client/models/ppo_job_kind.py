from enum import StrEnum

class PpoJobKind(StrEnum):
    PPO = "ppo"

    def __str__(self) -> str:
        return str(self.value)
