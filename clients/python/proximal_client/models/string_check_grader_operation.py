from enum import StrEnum

class StringCheckGraderOperation(StrEnum):
    EQ = "eq"
    ILIKE = "ilike"
    LIKE = "like"
    NE = "ne"
    NEQ = "neq"

    def __str__(self) -> str:
        return str(self.value)
