from enum import StrEnum

class GetCheckpointExportFormat(StrEnum):
    MERGED = "merged"
    ONNX = "onnx"

    def __str__(self) -> str:
        return str(self.value)
