from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.string_check_grader_operation import StringCheckGraderOperation
from ..models.string_check_grader_type import StringCheckGraderType
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="StringCheckGrader")



@_attrs_define
class StringCheckGrader:
    """ 1 where two texts compare as asked, else 0

        Attributes:
            type_ (StringCheckGraderType): Which grader it is.
            input_ (str): A template: what is compared, mostly {{ sample.output_text }}.
            reference (str): A template: what it is compared with, such as {{ item.label }}.
            operation (StringCheckGraderOperation): eq: equal; ne (or neq): not equal; like: the input contains the
                reference; ilike: the same, whatever the case.
            name (str | Unset): What it is called in answers. Default: its key in a multi grader, else its type.
            pass_threshold (float | None | Unset): Taken, and without effect: a reward has no threshold.
     """

    type_: StringCheckGraderType
    input_: str
    reference: str
    operation: StringCheckGraderOperation
    name: str | Unset = UNSET
    pass_threshold: float | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        input_ = self.input_

        reference = self.reference

        operation = self.operation.value

        name = self.name

        pass_threshold: float | None | Unset
        if isinstance(self.pass_threshold, Unset):
            pass_threshold = UNSET
        else:
            pass_threshold = self.pass_threshold


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "input": input_,
            "reference": reference,
            "operation": operation,
        })
        if name is not UNSET:
            field_dict["name"] = name
        if pass_threshold is not UNSET:
            field_dict["pass_threshold"] = pass_threshold

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = StringCheckGraderType(d.pop("type"))




        input_ = d.pop("input")

        reference = d.pop("reference")

        operation = StringCheckGraderOperation(d.pop("operation"))




        name = d.pop("name", UNSET)

        def _parse_pass_threshold(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        pass_threshold = _parse_pass_threshold(d.pop("pass_threshold", UNSET))


        string_check_grader = cls(
            type_=type_,
            input_=input_,
            reference=reference,
            operation=operation,
            name=name,
            pass_threshold=pass_threshold,
        )

        return string_check_grader

