from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.keywords_reward_type import KeywordsRewardType
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="KeywordsReward")



@_attrs_define
class KeywordsReward:
    """ bonus times the number of keywords that occur

        Attributes:
            type_ (KeywordsRewardType): Which reward it is.
            keywords (list[str]): Texts to look for anywhere in the completion, inside words too (for whole words use a
                regex with \\b).
            bonus (float | Unset): Score for each keyword present, however often; negative to discourage. Default 1.
                Default: 1.0.
            case_sensitive (bool | Unset): Whether A and a differ. Default false. Default: False.
     """

    type_: KeywordsRewardType
    keywords: list[str]
    bonus: float | Unset = 1.0
    case_sensitive: bool | Unset = False





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        keywords = self.keywords



        bonus = self.bonus

        case_sensitive = self.case_sensitive


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "keywords": keywords,
        })
        if bonus is not UNSET:
            field_dict["bonus"] = bonus
        if case_sensitive is not UNSET:
            field_dict["case_sensitive"] = case_sensitive

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = KeywordsRewardType(d.pop("type"))




        keywords = cast(list[str], d.pop("keywords"))


        bonus = d.pop("bonus", UNSET)

        case_sensitive = d.pop("case_sensitive", UNSET)

        keywords_reward = cls(
            type_=type_,
            keywords=keywords,
            bonus=bonus,
            case_sensitive=case_sensitive,
        )

        return keywords_reward

