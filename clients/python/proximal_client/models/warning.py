from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
  from ..models.metrics import Metrics





T = TypeVar("T", bound="Warning_")



@_attrs_define
class Warning_:
    """ Something about a job that somebody should look at; it goes on

        Attributes:
            code (str): docs/jobs.md says what each means.
            detail (str): What is wrong, with figures, and what helps.
            figures (Metrics): Numbers by the metrics' names. One that is no finite number is left out.
            step (int): The step that it is about.
     """

    code: str
    detail: str
    figures: Metrics
    step: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)





    def to_dict(self) -> dict[str, Any]:
        from ..models.metrics import Metrics # noqa: PLC0415
        code = self.code

        detail = self.detail

        figures = self.figures.to_dict()

        step = self.step


        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({
            "code": code,
            "detail": detail,
            "figures": figures,
            "step": step,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.metrics import Metrics # noqa: PLC0415
        d = dict(src_dict)
        code = d.pop("code")

        detail = d.pop("detail")

        figures = Metrics.from_dict(d.pop("figures"))




        step = d.pop("step")

        warning = cls(
            code=code,
            detail=detail,
            figures=figures,
            step=step,
        )


        warning.additional_properties = d
        return warning

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
