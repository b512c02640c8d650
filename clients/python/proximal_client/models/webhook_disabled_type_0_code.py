from enum import StrEnum

class WebhookDisabledType0Code(StrEnum):
    BY_REQUEST = "by_request"
    FAILING = "failing"
    GONE = "gone"

    def __str__(self) -> str:
        return str(self.value)
