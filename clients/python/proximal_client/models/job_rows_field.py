from enum import StrEnum

class JobRowsField(StrEnum):
    EXAMPLES = "examples"
    PREFERENCES = "preferences"
    PROMPTS = "prompts"

    def __str__(self) -> str:
        return str(self.value)
