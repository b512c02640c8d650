from enum import StrEnum

class OpenAIFileDeletedObject(StrEnum):
    FILE = "file"

    def __str__(self) -> str:
        return str(self.value)
