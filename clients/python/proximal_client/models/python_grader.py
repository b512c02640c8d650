from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.python_grader_type import PythonGraderType
from ..types import UNSET, Unset
from typing import cast






T = TypeVar("T", bound="PythonGrader")



@_attrs_define
class PythonGrader:
    """ What a Python function gives

        Attributes:
            type_ (PythonGraderType): Which grader it is.
            source (str): Python with a function grade(sample, item), which gives a number. It is run without network, files
                or programs.
            name (str | Unset): What it is called in answers. Default: its key in a multi grader, else its type.
            pass_threshold (float | None | Unset): Taken, and without effect: a reward has no threshold.
            image_tag (None | str | Unset): Taken, and without effect: there is one environment.
     """

    type_: PythonGraderType
    source: str
    name: str | Unset = UNSET
    pass_threshold: float | None | Unset = UNSET
    image_tag: None | str | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        source = self.source

        name = self.name

        pass_threshold: float | None | Unset
        if isinstance(self.pass_threshold, Unset):
            pass_threshold = UNSET
        else:
            pass_threshold = self.pass_threshold

        image_tag: None | str | Unset
        if isinstance(self.image_tag, Unset):
            image_tag = UNSET
        else:
            image_tag = self.image_tag


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "source": source,
        })
        if name is not UNSET:
            field_dict["name"] = name
        if pass_threshold is not UNSET:
            field_dict["pass_threshold"] = pass_threshold
        if image_tag is not UNSET:
            field_dict["image_tag"] = image_tag

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = PythonGraderType(d.pop("type"))




        source = d.pop("source")

        name = d.pop("name", UNSET)

        def _parse_pass_threshold(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        pass_threshold = _parse_pass_threshold(d.pop("pass_threshold", UNSET))


        def _parse_image_tag(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        image_tag = _parse_image_tag(d.pop("image_tag", UNSET))


        python_grader = cls(
            type_=type_,
            source=source,
            name=name,
            pass_threshold=pass_threshold,
            image_tag=image_tag,
        )

        return python_grader

