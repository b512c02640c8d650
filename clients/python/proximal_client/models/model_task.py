from enum import StrEnum

class ModelTask(StrEnum):
    CAUSAL_LM = "causal_lm"
    SEQUENCE_CLASSIFIER = "sequence_classifier"

    def __str__(self) -> str:
        return str(self.value)
