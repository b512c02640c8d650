from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.grader_input_text_type import GraderInputTextType






T = TypeVar("T", bound="GraderInputText")



@_attrs_define
class GraderInputText:
    """ 
        Attributes:
            type_ (GraderInputTextType): A text; there are no other parts.
            text (str): A template of what is said.
     """

    type_: GraderInputTextType
    text: str





    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        text = self.text


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "text": text,
        })

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = GraderInputTextType(d.pop("type"))




        text = d.pop("text")

        grader_input_text = cls(
            type_=type_,
            text=text,
        )

        return grader_input_text

