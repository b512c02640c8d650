from enum import StrEnum

class RolloutsType(StrEnum):
    OPENAI = "openai"

    def __str__(self) -> str:
        return str(self.value)
