from enum import StrEnum

class BareConfigFamily(StrEnum):
    GPT2 = "gpt2"
    LLAMA = "llama"
    QWEN2 = "qwen2"
    QWEN3 = "qwen3"

    def __str__(self) -> str:
        return str(self.value)
