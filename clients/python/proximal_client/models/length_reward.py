from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.length_reward_type import LengthRewardType
from ..models.length_reward_unit import LengthRewardUnit
from ..types import UNSET, Unset






T = TypeVar("T", bound="LengthReward")



@_attrs_define
class LengthReward:
    """ 1 at the wanted length, less the farther away

        Attributes:
            type_ (LengthRewardType): Which reward it is.
            unit (LengthRewardUnit | Unset): What is counted. tokens: the response's tokens without its stop token; words:
                runs of non-space; characters: code points. Default: LengthRewardUnit.TOKENS.
            target (int | Unset): Best length. Give either this, or min, max or both.
            min_ (int | Unset): Shortest length that loses nothing.
            max_ (int | Unset): Longest length that loses nothing.
            penalty (float | Unset): Score lost when the length is off by 100 % of the target (of the nearer bound of a
                range). Default 1: 1 at the target, 0 at twice the target or at nothing; not clipped below. Default: 1.0.
     """

    type_: LengthRewardType
    unit: LengthRewardUnit | Unset = LengthRewardUnit.TOKENS
    target: int | Unset = UNSET
    min_: int | Unset = UNSET
    max_: int | Unset = UNSET
    penalty: float | Unset = 1.0





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        unit: str | Unset = UNSET
        if not isinstance(self.unit, Unset):
            unit = self.unit.value


        target = self.target

        min_ = self.min_

        max_ = self.max_

        penalty = self.penalty


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if unit is not UNSET:
            field_dict["unit"] = unit
        if target is not UNSET:
            field_dict["target"] = target
        if min_ is not UNSET:
            field_dict["min"] = min_
        if max_ is not UNSET:
            field_dict["max"] = max_
        if penalty is not UNSET:
            field_dict["penalty"] = penalty

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = LengthRewardType(d.pop("type"))




        _unit = d.pop("unit", UNSET)
        unit: LengthRewardUnit | Unset
        if isinstance(_unit,  Unset):
            unit = UNSET
        else:
            unit = LengthRewardUnit(_unit)




        target = d.pop("target", UNSET)

        min_ = d.pop("min", UNSET)

        max_ = d.pop("max", UNSET)

        penalty = d.pop("penalty", UNSET)

        length_reward = cls(
            type_=type_,
            unit=unit,
            target=target,
            min_=min_,
            max_=max_,
            penalty=penalty,
        )

        return length_reward

