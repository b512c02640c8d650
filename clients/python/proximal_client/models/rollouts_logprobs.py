from enum import StrEnum

class RolloutsLogprobs(StrEnum):
    PROCESSED = "processed"
    RAW = "raw"

    def __str__(self) -> str:
        return str(self.value)
