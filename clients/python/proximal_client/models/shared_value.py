from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.shared_value_type import SharedValueType
from ..types import UNSET, Unset






T = TypeVar("T", bound="SharedValue")



@_attrs_define
class SharedValue:
    """ A scalar head on the policy's trunk, trained through the common loss

        Attributes:
            type_ (SharedValueType): What the value network is.
            head_learning_rate (float | Unset): Peak learning rate of the value head. Default 3 times ppo.learning_rate, but
                from 0.0001 to 0.01.
     """

    type_: SharedValueType
    head_learning_rate: float | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        head_learning_rate = self.head_learning_rate


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if head_learning_rate is not UNSET:
            field_dict["head_learning_rate"] = head_learning_rate

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = SharedValueType(d.pop("type"))




        head_learning_rate = d.pop("head_learning_rate", UNSET)

        shared_value = cls(
            type_=type_,
            head_learning_rate=head_learning_rate,
        )

        return shared_value

