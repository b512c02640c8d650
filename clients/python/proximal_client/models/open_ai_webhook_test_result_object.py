from enum import StrEnum

class OpenAIWebhookTestResultObject(StrEnum):
    WEBHOOK_ENDPOINT_TEST = "webhook_endpoint.test"

    def __str__(self) -> str:
        return str(self.value)
