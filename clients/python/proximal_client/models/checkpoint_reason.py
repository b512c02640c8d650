from enum import StrEnum

class CheckpointReason(StrEnum):
    BEST = "best"
    EPOCH = "epoch"
    PAUSE = "pause"
    STEPS = "steps"
    STOP = "stop"

    def __str__(self) -> str:
        return str(self.value)
