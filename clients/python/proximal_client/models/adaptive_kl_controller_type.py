from enum import StrEnum

class AdaptiveKlControllerType(StrEnum):
    ADAPTIVE = "adaptive"

    def __str__(self) -> str:
        return str(self.value)
