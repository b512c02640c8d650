from enum import StrEnum

class PpoConfigAdvantage(StrEnum):
    DR_GRPO = "dr_grpo"
    GAE = "gae"
    GRPO = "grpo"
    REINFORCE = "reinforce++"
    REINFORCE_BASELINE = "reinforce++_baseline"
    RLOO = "rloo"

    def __str__(self) -> str:
        return str(self.value)
