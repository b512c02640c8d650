from enum import StrEnum

class TextFormatType(StrEnum):
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)
