from enum import StrEnum

class DownloadCheckpointArchiveFormat(StrEnum):
    MERGED = "merged"
    ONNX = "onnx"

    def __str__(self) -> str:
        return str(self.value)
