from enum import StrEnum

class AuditRecordOutcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"

    def __str__(self) -> str:
        return str(self.value)
