from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.json_valid_reward_type import JsonValidRewardType
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="JsonValidReward")



@_attrs_define
class JsonValidReward:
    """ 1 if the whole completion is JSON (with the keys), else 0

        Attributes:
            type_ (JsonValidRewardType): Which reward it is.
            keys (list[str] | Unset): Keys the value must have; any makes an object required. Default none: any JSON value
                is right.
     """

    type_: JsonValidRewardType
    keys: list[str] | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        keys: list[str] | Unset = UNSET
        if not isinstance(self.keys, Unset):
            keys = self.keys




        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if keys is not UNSET:
            field_dict["keys"] = keys

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = JsonValidRewardType(d.pop("type"))




        keys = cast(list[str], d.pop("keys", UNSET))


        json_valid_reward = cls(
            type_=type_,
            keys=keys,
        )

        return json_valid_reward

