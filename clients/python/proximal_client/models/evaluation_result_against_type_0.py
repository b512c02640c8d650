from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="EvaluationResultAgainstType0")



@_attrs_define
class EvaluationResultAgainstType0:
    """ The other policy's.

        Attributes:
            kl (float | None): Mean over the sequences of the k1 estimate of the KL from the bare model (in a training job,
                from its reference), in nats per sequence.
            entropy (float | None): Mean over the tokens, in nats, at the sampling temperature.
            length (float): Mean tokens of a completion, the token that ends it included.
            finish_share (float): Share of the completions that ended by themselves.
            distinct_1 (float): Different tokens by all tokens, over the first 65,536 tokens of the completions.
            distinct_2 (float): The same of pairs of tokens.
     """

    kl: float | None
    entropy: float | None
    length: float
    finish_share: float
    distinct_1: float
    distinct_2: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        kl: float | None
        kl = self.kl

        entropy: float | None
        entropy = self.entropy

        length = self.length

        finish_share = self.finish_share

        distinct_1 = self.distinct_1

        distinct_2 = self.distinct_2


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "kl": kl,
            "entropy": entropy,
            "length": length,
            "finish_share": finish_share,
            "distinct_1": distinct_1,
            "distinct_2": distinct_2,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        def _parse_kl(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        kl = _parse_kl(d.pop("kl"))


        def _parse_entropy(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        entropy = _parse_entropy(d.pop("entropy"))


        length = d.pop("length")

        finish_share = d.pop("finish_share")

        distinct_1 = d.pop("distinct_1")

        distinct_2 = d.pop("distinct_2")

        evaluation_result_against_type_0 = cls(
            kl=kl,
            entropy=entropy,
            length=length,
            finish_share=finish_share,
            distinct_1=distinct_1,
            distinct_2=distinct_2,
        )


        evaluation_result_against_type_0.additional_properties = d
        return evaluation_result_against_type_0

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
