from enum import StrEnum

class ModelStatus(StrEnum):
    DOWNLOADING = "downloading"
    FAILED = "failed"
    QUEUED = "queued"
    READY = "ready"
    UNUSABLE = "unusable"

    def __str__(self) -> str:
        return str(self.value)
