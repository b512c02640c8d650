from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast






T = TypeVar("T", bound="EvaluationResultTermsAdditionalProperty")



@_attrs_define
class EvaluationResultTermsAdditionalProperty:
    """ 
        Attributes:
            mean (float): Over all completions.
            ci95 (list[float] | None): 95 % confidence interval of the mean: Student's, over the means of prompts. Null with
                fewer than two prompts.
            against (float | None): The other policy's mean.
     """

    mean: float
    ci95: list[float] | None
    against: float | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        mean = self.mean

        ci95: list[float] | None
        if isinstance(self.ci95, list):
            ci95 = self.ci95


        else:
            ci95 = self.ci95

        against: float | None
        against = self.against


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "mean": mean,
            "ci95": ci95,
            "against": against,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        mean = d.pop("mean")

        def _parse_ci95(data: object) -> list[float] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                ci95_type_0 = cast(list[float], data)

                return ci95_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[float] | None, data)

        ci95 = _parse_ci95(d.pop("ci95"))


        def _parse_against(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        against = _parse_against(d.pop("against"))


        evaluation_result_terms_additional_property = cls(
            mean=mean,
            ci95=ci95,
            against=against,
        )


        evaluation_result_terms_additional_property.additional_properties = d
        return evaluation_result_terms_additional_property

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
