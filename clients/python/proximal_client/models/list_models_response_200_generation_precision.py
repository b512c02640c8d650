from enum import StrEnum

class ListModelsResponse200GenerationPrecision(StrEnum):
    FLOAT32 = "float32"
    INT8 = "int8"

    def __str__(self) -> str:
        return str(self.value)
