from enum import StrEnum

class DeletedModelObject(StrEnum):
    MODEL = "model"

    def __str__(self) -> str:
        return str(self.value)
