from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.repetition_reward_type import RepetitionRewardType
from ..types import UNSET, Unset






T = TypeVar("T", bound="RepetitionReward")



@_attrs_define
class RepetitionReward:
    """ minus penalty times the share of the response's n-grams that occurred before in it

        Attributes:
            type_ (RepetitionRewardType): Which reward it is.
            ngram (int | Unset): Length of the token runs that are compared, in tokens. Default 3. Default: 3.
            penalty (float | Unset): Score lost when every run repeats an earlier one. Default 1. Default: 1.0.
     """

    type_: RepetitionRewardType
    ngram: int | Unset = 3
    penalty: float | Unset = 1.0





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        ngram = self.ngram

        penalty = self.penalty


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
        })
        if ngram is not UNSET:
            field_dict["ngram"] = ngram
        if penalty is not UNSET:
            field_dict["penalty"] = penalty

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = RepetitionRewardType(d.pop("type"))




        ngram = d.pop("ngram", UNSET)

        penalty = d.pop("penalty", UNSET)

        repetition_reward = cls(
            type_=type_,
            ngram=ngram,
            penalty=penalty,
        )

        return repetition_reward

