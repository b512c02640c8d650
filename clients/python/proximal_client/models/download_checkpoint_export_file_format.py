from enum import StrEnum

class DownloadCheckpointExportFileFormat(StrEnum):
    MERGED = "merged"
    ONNX = "onnx"

    def __str__(self) -> str:
        return str(self.value)
