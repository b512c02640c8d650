from enum import StrEnum

class GuardAction(StrEnum):
    ROLLBACK = "rollback"
    STOP = "stop"
    WARN = "warn"

    def __str__(self) -> str:
        return str(self.value)
