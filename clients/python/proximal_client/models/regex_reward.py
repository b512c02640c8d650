from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.regex_reward_type import RegexRewardType
from ..types import UNSET, Unset






T = TypeVar("T", bound="RegexReward")



@_attrs_define
class RegexReward:
    """ 1 if the pattern is found, else 0

        Attributes:
            type_ (RegexRewardType): Which reward it is.
            pattern (str): Regular expression in RE2 syntax (no backreferences, no lookahead), searched anywhere in the
                completion. It cannot run away.
            flags (str | Unset): i: ignore case; m: ^ and $ match at lines; s: the dot matches line breaks. Default none.
                Default: ''.
     """

    type_: RegexRewardType
    pattern: str
    flags: str | Unset = ''





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        pattern = self.pattern

        flags = self.flags


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "pattern": pattern,
        })
        if flags is not UNSET:
            field_dict["flags"] = flags

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = RegexRewardType(d.pop("type"))




        pattern = d.pop("pattern")

        flags = d.pop("flags", UNSET)

        regex_reward = cls(
            type_=type_,
            pattern=pattern,
            flags=flags,
        )

        return regex_reward

