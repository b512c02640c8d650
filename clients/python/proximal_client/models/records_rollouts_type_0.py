from enum import StrEnum

class RecordsRolloutsType0(StrEnum):
    ALL = "all"
    NONE = "none"

    def __str__(self) -> str:
        return str(self.value)
