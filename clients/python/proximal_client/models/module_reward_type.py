from enum import StrEnum

class ModuleRewardType(StrEnum):
    MODULE = "module"

    def __str__(self) -> str:
        return str(self.value)
