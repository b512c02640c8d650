from enum import StrEnum

class HttpRewardType(StrEnum):
    HTTP = "http"

    def __str__(self) -> str:
        return str(self.value)
