from enum import StrEnum

class PpoConfigMissingEos(StrEnum):
    REPLACE = "replace"
    SUBTRACT = "subtract"

    def __str__(self) -> str:
        return str(self.value)
