from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="AttemptStartedData")



@_attrs_define
class AttemptStartedData:
    """ What there is to know of it.

        Attributes:
            attempt (int): The engine process that runs, counted from 1.
            step (int): The last step that is kept; 0 where the job begins anew.
            checkpoint (None | str): Id of the checkpoint it continues from, if it is a listed one.
     """

    attempt: int
    step: int
    checkpoint: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        attempt = self.attempt

        step = self.step

        checkpoint: None | str
        checkpoint = self.checkpoint


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "attempt": attempt,
            "step": step,
            "checkpoint": checkpoint,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        attempt = d.pop("attempt")

        step = d.pop("step")

        def _parse_checkpoint(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        checkpoint = _parse_checkpoint(d.pop("checkpoint"))


        attempt_started_data = cls(
            attempt=attempt,
            step=step,
            checkpoint=checkpoint,
        )


        attempt_started_data.additional_properties = d
        return attempt_started_data

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
