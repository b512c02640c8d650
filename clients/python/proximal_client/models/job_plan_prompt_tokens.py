from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="JobPlanPromptTokens")



@_attrs_define
class JobPlanPromptTokens:
    """ How long the rows' prompts are, in tokens.

        Attributes:
            min_ (float): Of the shortest.
            mean (float): Of all, in the mean.
            max_ (float): Of the longest.
     """

    min_: float
    mean: float
    max_: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        min_ = self.min_

        mean = self.mean

        max_ = self.max_


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "min": min_,
            "mean": mean,
            "max": max_,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        min_ = d.pop("min")

        mean = d.pop("mean")

        max_ = d.pop("max")

        job_plan_prompt_tokens = cls(
            min_=min_,
            mean=mean,
            max_=max_,
        )


        job_plan_prompt_tokens.additional_properties = d
        return job_plan_prompt_tokens

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
