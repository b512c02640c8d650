from enum import StrEnum

class GraderRewardType(StrEnum):
    GRADER = "grader"

    def __str__(self) -> str:
        return str(self.value)
