from enum import StrEnum

class OpenAIWebhookEndpointDeletedObject(StrEnum):
    WEBHOOK_ENDPOINT_DELETED = "webhook_endpoint.deleted"

    def __str__(self) -> str:
        return str(self.value)
