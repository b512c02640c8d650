from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.module_reward_on_error_type_0 import ModuleRewardOnErrorType0
from ..models.module_reward_type import ModuleRewardType
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="ModuleReward")



@_attrs_define
class ModuleReward:
    """ What a file of your own gives, run without any permission

        Attributes:
            type_ (ModuleRewardType): Which reward it is.
            file (str): A TypeScript or JavaScript file below DATA_DIR/rewards. Its default export scores a batch, or its
                export score one item.
            sha256 (None | str | Unset): What the file must be. A job has that of the file as it was when the job was
                created, and fails where it has changed.
            timeout_ms (int | Unset): How long it may take for a batch, in ms. Default 10000. Default: 10000.
            memory_mb (int | Unset): How much memory it may use, in MiB. Default 256. Default: 256.
            on_error (float | ModuleRewardOnErrorType0 | Unset): What becomes of a row that has no score: fail ends the job
                (code reward_failed) and names the row; a number is its score. Default fail.
     """

    type_: ModuleRewardType
    file: str
    sha256: None | str | Unset = UNSET
    timeout_ms: int | Unset = 10000
    memory_mb: int | Unset = 256
    on_error: float | ModuleRewardOnErrorType0 | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        file = self.file

        sha256: None | str | Unset
        if isinstance(self.sha256, Unset):
            sha256 = UNSET
        else:
            sha256 = self.sha256

        timeout_ms = self.timeout_ms

        memory_mb = self.memory_mb

        on_error: float | str | Unset
        if isinstance(self.on_error, Unset):
            on_error = UNSET
        elif isinstance(self.on_error, ModuleRewardOnErrorType0):
            on_error = self.on_error.value
        else:
            on_error = self.on_error


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "file": file,
        })
        if sha256 is not UNSET:
            field_dict["sha256"] = sha256
        if timeout_ms is not UNSET:
            field_dict["timeout_ms"] = timeout_ms
        if memory_mb is not UNSET:
            field_dict["memory_mb"] = memory_mb
        if on_error is not UNSET:
            field_dict["on_error"] = on_error

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = ModuleRewardType(d.pop("type"))




        file = d.pop("file")

        def _parse_sha256(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sha256 = _parse_sha256(d.pop("sha256", UNSET))


        timeout_ms = d.pop("timeout_ms", UNSET)

        memory_mb = d.pop("memory_mb", UNSET)

        def _parse_on_error(data: object) -> float | ModuleRewardOnErrorType0 | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                on_error_type_0 = ModuleRewardOnErrorType0(data)



                return on_error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(float | ModuleRewardOnErrorType0 | Unset, data)

        on_error = _parse_on_error(d.pop("on_error", UNSET))


        module_reward = cls(
            type_=type_,
            file=file,
            sha256=sha256,
            timeout_ms=timeout_ms,
            memory_mb=memory_mb,
            on_error=on_error,
        )

        return module_reward

