from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="ListTrainingJobRolloutsResponse200DroppedType0")



@_attrs_define
class ListTrainingJobRolloutsResponse200DroppedType0:
    """ Records of earlier steps were removed, as the job's `records` says; null where none were.

        Attributes:
            before_step (int): The first step whose records are here.
     """

    before_step: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        before_step = self.before_step


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "before_step": before_step,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        before_step = d.pop("before_step")

        list_training_job_rollouts_response_200_dropped_type_0 = cls(
            before_step=before_step,
        )


        list_training_job_rollouts_response_200_dropped_type_0.additional_properties = d
        return list_training_job_rollouts_response_200_dropped_type_0

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
