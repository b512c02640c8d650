from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset







T = TypeVar("T", bound="JobPlanExamples")



@_attrs_define
class JobPlanExamples:
    """ What becomes of the examples; of jobs that learn from given texts.

        Attributes:
            trained (int): That are learned.
            held_out (int): That are measured and not learned.
            truncated (int): Longer than sft.max_length or the model's context, and so cut at their ends.
            empty (int): Of those, with nothing left to learn.
            tokens (int): That are learned, held-out ones included.
     """

    trained: int
    held_out: int
    truncated: int
    empty: int
    tokens: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        trained = self.trained

        held_out = self.held_out

        truncated = self.truncated

        empty = self.empty

        tokens = self.tokens


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "trained": trained,
            "held_out": held_out,
            "truncated": truncated,
            "empty": empty,
            "tokens": tokens,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        trained = d.pop("trained")

        held_out = d.pop("held_out")

        truncated = d.pop("truncated")

        empty = d.pop("empty")

        tokens = d.pop("tokens")

        job_plan_examples = cls(
            trained=trained,
            held_out=held_out,
            truncated=truncated,
            empty=empty,
            tokens=tokens,
        )


        job_plan_examples.additional_properties = d
        return job_plan_examples

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
