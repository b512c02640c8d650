from enum import StrEnum

class JsonValidRewardType(StrEnum):
    JSON_VALID = "json_valid"

    def __str__(self) -> str:
        return str(self.value)
