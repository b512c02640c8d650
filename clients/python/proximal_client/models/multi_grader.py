from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.multi_grader_type import MultiGraderType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.multi_grader_graders import MultiGraderGraders





T = TypeVar("T", bound="MultiGrader")



@_attrs_define
class MultiGrader:
    """ A formula of other graders

        Attributes:
            type_ (MultiGraderType): Which grader it is.
            graders (MultiGraderGraders): Up to 32 graders by the names that the formula has for them.
            calculate_output (str): The reward: a formula of the graders' names, numbers, + - * / ^, parentheses, min, max,
                abs, floor, ceil, exp, sqrt and log.
            name (str | Unset): What it is called in answers. Default: its key in a multi grader, else its type.
            pass_threshold (float | None | Unset): Taken, and without effect: a reward has no threshold.
     """

    type_: MultiGraderType
    graders: MultiGraderGraders
    calculate_output: str
    name: str | Unset = UNSET
    pass_threshold: float | None | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.multi_grader_graders import MultiGraderGraders # noqa: PLC0415
        type_ = self.type_.value

        graders = self.graders.to_dict()

        calculate_output = self.calculate_output

        name = self.name

        pass_threshold: float | None | Unset
        if isinstance(self.pass_threshold, Unset):
            pass_threshold = UNSET
        else:
            pass_threshold = self.pass_threshold


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "graders": graders,
            "calculate_output": calculate_output,
        })
        if name is not UNSET:
            field_dict["name"] = name
        if pass_threshold is not UNSET:
            field_dict["pass_threshold"] = pass_threshold

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.multi_grader_graders import MultiGraderGraders # noqa: PLC0415
        d = dict(src_dict)
        type_ = MultiGraderType(d.pop("type"))




        graders = MultiGraderGraders.from_dict(d.pop("graders"))




        calculate_output = d.pop("calculate_output")

        name = d.pop("name", UNSET)

        def _parse_pass_threshold(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        pass_threshold = _parse_pass_threshold(d.pop("pass_threshold", UNSET))


        multi_grader = cls(
            type_=type_,
            graders=graders,
            calculate_output=calculate_output,
            name=name,
            pass_threshold=pass_threshold,
        )

        return multi_grader

