from enum import StrEnum

class ChatCompletionChunkChoicesItemDeltaRole(StrEnum):
    ASSISTANT = "assistant"

    def __str__(self) -> str:
        return str(self.value)
