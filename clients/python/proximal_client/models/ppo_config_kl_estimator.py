from enum import StrEnum

class PpoConfigKlEstimator(StrEnum):
    K1 = "k1"
    K2 = "k2"
    K3 = "k3"

    def __str__(self) -> str:
        return str(self.value)
