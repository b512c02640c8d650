from enum import StrEnum

class PythonGraderType(StrEnum):
    PYTHON = "python"

    def __str__(self) -> str:
        return str(self.value)
