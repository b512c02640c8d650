from enum import StrEnum

class LoraTrainableType(StrEnum):
    LORA = "lora"

    def __str__(self) -> str:
        return str(self.value)
