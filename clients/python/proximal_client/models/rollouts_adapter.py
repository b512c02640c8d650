from enum import StrEnum

class RolloutsAdapter(StrEnum):
    NONE = "none"
    VLLM = "vllm"

    def __str__(self) -> str:
        return str(self.value)
