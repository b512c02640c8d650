from enum import StrEnum

class ListWebhookEndpointsResponse200Object(StrEnum):
    LIST = "list"

    def __str__(self) -> str:
        return str(self.value)
