from enum import StrEnum

class StringCheckGraderType(StrEnum):
    STRING_CHECK = "string_check"

    def __str__(self) -> str:
        return str(self.value)
