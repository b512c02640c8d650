from enum import StrEnum

class OpenAIEventTypesObject(StrEnum):
    LIST = "list"

    def __str__(self) -> str:
        return str(self.value)
