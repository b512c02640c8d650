from enum import StrEnum

class CheckpointExportFormat(StrEnum):
    MERGED = "merged"
    ONNX = "onnx"

    def __str__(self) -> str:
        return str(self.value)
