from enum import StrEnum

class WebhookWithSecretDisabledType0Code(StrEnum):
    BY_REQUEST = "by_request"
    FAILING = "failing"
    GONE = "gone"

    def __str__(self) -> str:
        return str(self.value)
