from enum import StrEnum

class ListFineTuningJobsResponse200Object(StrEnum):
    LIST = "list"

    def __str__(self) -> str:
        return str(self.value)
