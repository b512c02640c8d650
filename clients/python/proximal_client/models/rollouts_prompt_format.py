from enum import StrEnum

class RolloutsPromptFormat(StrEnum):
    IDS = "ids"
    TEXT = "text"

    def __str__(self) -> str:
        return str(self.value)
