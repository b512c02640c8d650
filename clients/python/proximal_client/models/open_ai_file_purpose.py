from enum import StrEnum

class OpenAIFilePurpose(StrEnum):
    EVALS = "evals"
    FINE_TUNE = "fine-tune"
    FINE_TUNE_RESULTS = "fine-tune-results"
    USER_DATA = "user_data"

    def __str__(self) -> str:
        return str(self.value)
