from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.model_reward_type import ModelRewardType






T = TypeVar("T", bound="ModelReward")



@_attrs_define
class ModelReward:
    """ The score of a reward model

        Attributes:
            type_ (ModelRewardType): Which reward it is.
            model (str): A sequence classifier with one score, by name, or the id of a reward model's checkpoint; any
                tokenizer.
     """

    type_: ModelRewardType
    model: str





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        model = self.model


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "model": model,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = ModelRewardType(d.pop("type"))




        model = d.pop("model")

        model_reward = cls(
            type_=type_,
            model=model,
        )

        return model_reward

