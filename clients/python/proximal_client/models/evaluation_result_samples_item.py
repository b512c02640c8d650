from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="EvaluationResultSamplesItem")



@_attrs_define
class EvaluationResultSamplesItem:
    """ 
        Attributes:
            prompt (str): As the model saw it.
            completion (str): What the policy answered.
            against (None | str): What the other one answered.
            score (float): Of the completion.
            against_score (float | None): Of the other one's.
     """

    prompt: str
    completion: str
    against: None | str
    score: float
    against_score: float | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        prompt = self.prompt

        completion = self.completion

        against: None | str
        against = self.against

        score = self.score

        against_score: float | None
        against_score = self.against_score


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "prompt": prompt,
            "completion": completion,
            "against": against,
            "score": score,
            "against_score": against_score,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt = d.pop("prompt")

        completion = d.pop("completion")

        def _parse_against(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        against = _parse_against(d.pop("against"))


        score = d.pop("score")

        def _parse_against_score(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        against_score = _parse_against_score(d.pop("against_score"))


        evaluation_result_samples_item = cls(
            prompt=prompt,
            completion=completion,
            against=against,
            score=score,
            against_score=against_score,
        )


        evaluation_result_samples_item.additional_properties = d
        return evaluation_result_samples_item

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
