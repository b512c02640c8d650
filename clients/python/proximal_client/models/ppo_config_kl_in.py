from enum import StrEnum

class PpoConfigKlIn(StrEnum):
    LOSS = "loss"
    REWARD = "reward"

    def __str__(self) -> str:
        return str(self.value)
