from enum import StrEnum

class GraderRewardResponseFormatType0Type(StrEnum):
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)
