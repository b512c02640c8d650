from enum import StrEnum

class TextSimilarityGraderType(StrEnum):
    TEXT_SIMILARITY = "text_similarity"

    def __str__(self) -> str:
        return str(self.value)
